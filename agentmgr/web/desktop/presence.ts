// Whether anybody is at the desktop: contacts that came and went without a key or a click are counted.

const TOUCHES = ["keydown", "pointerdown", "wheel"] as const;

export class Presence {
  #sessionId = "";
  #isUntouched = false;
  #gone = 0;

  constructor() {
    for (const touch of TOUCHES) window.addEventListener(touch, () => this.#touch(), { capture: true, passive: true });
  }

  /** A contact is at hand, new or still. */
  met(sessionId: string): void {
    if (sessionId === this.#sessionId) return;
    this.#sessionId = sessionId;
    this.#isUntouched = true;
  }

  /** The contact is over; returns how many in a row were left alone. */
  left(): number {
    if (this.#isUntouched) this.#gone++;
    this.#isUntouched = false;
    return this.#gone;
  }

  #touch(): void {
    this.#isUntouched = false;
    this.#gone = 0;
  }
}
