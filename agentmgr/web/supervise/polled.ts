// What is asked of the server again and again while somebody looks.

import { useCallback, useEffect, useState } from "preact/hooks";
import { ask, Refused, type Asked, type Row } from "./server";

export interface Polled<R> {
  /** the last answer; none yet is undefined */
  rows?: R[];
  /** why there was none the last time, for people; empty if the server is out of reach */
  trouble?: string;
  again: () => void;
}

/** Ask at once, every `every_ms` while the page is seen, and when `again` is called. */
export function usePolled<R = Row>(every_ms: number, ...[name, args = {}]: Asked): Polled<R> {
  const [answer, setAnswer] = useState<Omit<Polled<R>, "again">>({});
  const [turn, setTurn] = useState(0);
  const text = JSON.stringify(args);
  useEffect(() => {
    let isOver = false;
    const look = async () => {
      if (document.hidden) return;
      try {
        const rows = await ask<R>(...([name, JSON.parse(text)] as Asked));
        if (!isOver) setAnswer({ rows });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (!isOver) setAnswer((before) => ({ ...before, trouble: error.message }));
      }
    };
    void look();
    const timer = window.setInterval(() => void look(), every_ms);
    const seen = () => void look();
    document.addEventListener("visibilitychange", seen);
    return () => {
      isOver = true;
      window.clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [name, text, every_ms, turn]);
  return { ...answer, again: useCallback(() => setTurn((before) => before + 1), []) };
}
