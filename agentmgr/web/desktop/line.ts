// One WebSocket to a zone: commands with their RESPs, notifications, heartbeats. It ends once and for good;
// who wants another one makes it.

import { HEARTBEAT_S, type Commands, type Notifications, type WrapupDetails } from "./wire";

export type Notice = { [N in keyof Notifications]: { name: N; args: Notifications[N] } }[keyof Notifications];

/** A command that was answered with another result than 0. */
export class Refused extends Error {
  constructor(
    readonly command: keyof Commands,
    readonly code: number,
  ) {
    super(`${command}: ${code}`);
  }
}

/** A command of which nobody knows whether it was carried out: the line ended before its RESP came. */
export class LineLost extends Error {}

interface Waiting {
  name: keyof Commands;
  resolve: (resp: never) => void;
  reject: (why: Error) => void;
}

export class Line {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #heartbeat: number;
  // A line before this one may have left answers under way: they come here, and must be nobody's.
  #lastId = Date.now() * 1000;

  constructor(
    zone: string,
    readonly agentId: string,
    private readonly onNotice: (notice: Notice) => void,
    private readonly onLate: (resp: { wrapupDetails?: WrapupDetails }) => void,
    private readonly onEnd: () => void,
  ) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new WebSocket(`${scheme}//${location.host}/wire/${encodeURIComponent(zone)}`);
    this.#socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    this.#socket.onclose = () => this.#end();
    this.#heartbeat = window.setInterval(() => {
      this.call("POMClientAlive", {}).catch(() => {});
    }, HEARTBEAT_S * 1000);
  }

  /** Wait until commands can be sent. */
  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.addEventListener("open", () => resolve());
      this.#socket.addEventListener("close", () => reject(new LineLost()));
    });
  }

  /** Send a command and wait for its RESP. */
  call<N extends keyof Commands>(name: N, args: Commands[N]["args"]): Promise<Commands[N]["resp"]> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        reject(new LineLost());
        return;
      }
      this.#waiting.set(id, { name, resolve, reject });
      this.#socket.send(JSON.stringify({ name, id, agentID: this.agentId, args }));
    });
  }

  whenEnded(then: () => void): void {
    this.#socket.addEventListener("close", then);
  }

  close(): void {
    this.#socket.close();
  }

  #take(message: { name: string; id?: number; args: { result?: number; wrapupDetails?: WrapupDetails } }): void {
    if (message.id === undefined) {
      this.onNotice(message as Notice);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) {
      this.onLate(message.args);
      return;
    }
    this.#waiting.delete(message.id);
    if (message.args.result === 0) waiting.resolve(message.args as never);
    else waiting.reject(new Refused(waiting.name, message.args.result ?? -1));
  }

  #end(): void {
    window.clearInterval(this.#heartbeat);
    for (const waiting of this.#waiting.values()) waiting.reject(new LineLost());
    this.#waiting.clear();
    this.onEnd();
  }
}
