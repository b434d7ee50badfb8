import { useEffect, useLayoutEffect, useState } from "preact/hooks";

/** Who wants to know when a second has gone; one timer, so that all that is shown goes on at once. */
const waiting = new Set<() => void>();
let timer = 0;

/** Return the time, ms of the epoch, anew each second while it is needed. */
export function useNow(isNeeded = true): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isNeeded) return;
    const tick = () => setNow(Date.now());
    tick();
    waiting.add(tick);
    timer ||= window.setInterval(() => waiting.forEach((each) => each()), 1000);
    return () => {
      waiting.delete(tick);
      if (waiting.size) return;
      window.clearInterval(timer);
      timer = 0;
    };
  }, [isNeeded]);
  return now;
}

/** Run something when a key is pressed with Alt, wherever the focus is. */
export function useAltKey(key: string, isOn: boolean, run: () => void): void {
  useLayoutEffect(() => {
    if (!isOn) return;
    const press = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== key) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}
