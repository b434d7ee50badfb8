import { useEffect, useLayoutEffect, useState } from "preact/hooks";

/** Return the time, ms of the epoch, anew each second while it is needed. */
export function useNow(isNeeded = true): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isNeeded) return;
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, [isNeeded]);
  return Math.max(now, 0);
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
