// A value that changes, and who wants to know.

import { useEffect, useState } from "preact/hooks";

export class Source<T> {
  readonly #listeners = new Set<() => void>();

  constructor(private now: T) {}

  get value(): T {
    return this.now;
  }

  set value(next: T) {
    if (next === this.now) return;
    this.now = next;
    for (const listener of this.#listeners) listener();
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Return the value of a source; what calls this is drawn anew when it changes. */
export function useSource<T>(source: Source<T>): T {
  const [, draw] = useState({});
  useEffect(() => {
    draw({}); // it may have changed since it was drawn
    return source.listen(() => draw({}));
  }, [source]);
  return source.value;
}
