// One WebSocket on which pictures come; it is opened again by itself for as long as somebody looks.

import { Source } from "../common/source";
import { drawn, EMPTY, type Floor } from "./floor";
import { lookAgain } from "./visit";

const LONGEST_PAUSE_MS = 5000;
const FIRST_PAUSE_MS = 250;
/** A server that says nothing for so long is gone, though nobody was told: it speaks every two seconds. */
const SILENCE_MS = 10_000;
const SIGNED_OUT = 4401;

export interface Seen {
  floor: Floor;
  /** when the last picture came, ms of the epoch; none yet is 0 */
  at: number;
  isLive: boolean;
}

export class Feed {
  readonly seen = new Source<Seen>({ floor: EMPTY, at: 0, isLive: false });
  #socket: WebSocket | undefined;
  #pause = FIRST_PAUSE_MS;
  #timer = 0;
  #silence = 0;

  open(): void {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/supervise/floor`);
    this.#socket = socket;
    socket.onmessage = (event) => this.#take(event.data);
    socket.onclose = (event) => socket === this.#socket && this.#lost(event.code);
    this.#listen();
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close(); // sooner, browsers complain
    else socket?.close();
    window.clearTimeout(this.#timer);
    window.clearTimeout(this.#silence);
  }

  #listen(): void {
    window.clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => {
      const socket = this.#socket;
      this.#socket = undefined; // what it says later is nobody's
      socket?.close();
      this.#lost(0);
    }, SILENCE_MS);
  }

  #take(message: string): void {
    this.#listen();
    this.#pause = FIRST_PAUSE_MS;
    const now = Date.now();
    const floor = drawn(this.seen.value.floor, JSON.parse(message), now / 1000);
    this.seen.value = { floor, at: now, isLive: true };
  }

  #lost(code: number): void {
    window.clearTimeout(this.#silence);
    this.seen.value = { ...this.seen.value, isLive: false };
    // who is not signed in any more gets no socket, and the page is not told why
    if (code === SIGNED_OUT || this.#pause > FIRST_PAUSE_MS) void lookAgain();
    this.#timer = window.setTimeout(() => this.open(), this.#pause * (0.5 + Math.random()));
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }
}
