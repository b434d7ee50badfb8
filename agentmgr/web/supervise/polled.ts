// What is asked of the server again and again while somebody looks.

import { useCallback, useEffect, useState } from "preact/hooks";
import { Source } from "../common/source";
import { ask, Refused, type Asked, type Row } from "./server";

export interface Polled<R> {
  /** the last answer; none yet is undefined */
  rows: R[] | undefined;
  again: () => void;
}

/** Why what is looked at could not be read the last time, for people, by request; empty if out of reach. */
export const troubles = new Source<ReadonlyMap<string, string>>(new Map());

function forget(name: string): void {
  if (troubles.value.has(name)) troubles.value = new Map([...troubles.value].filter(([each]) => each !== name));
}

/** Ask at once, every `every_ms` while the page is seen, and when `again` is called; trouble is told at the top. */
export function usePolled<R = Row>(every_ms: number, ...[name, args = {}]: Asked): Polled<R> {
  const [rows, setRows] = useState<R[]>();
  const [turn, setTurn] = useState(0);
  const text = JSON.stringify(args);
  useEffect(() => {
    let isOver = false;
    const look = async () => {
      if (document.hidden) return;
      try {
        const rows = await ask<R>(...([name, JSON.parse(text)] as Asked));
        if (isOver) return;
        setRows(rows);
        forget(name);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (!isOver) troubles.value = new Map([...troubles.value, [name, error.message]]);
      }
    };
    void look();
    const timer = window.setInterval(() => void look(), every_ms);
    const seen = () => void look();
    document.addEventListener("visibilitychange", seen);
    return () => {
      isOver = true;
      forget(name);
      window.clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [name, text, every_ms, turn]);
  return { rows, again: useCallback(() => setTurn((before) => before + 1), []) };
}
