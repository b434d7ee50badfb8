// One WebSocket to a zone: commands with their RESPs, notifications, heartbeats. It ends once and for good;
// who wants another one makes it, and may send there what was not answered here.

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

/** A command that was not sent: there was no line. */
export class NoLine extends Error {}

/** A command that waits for its RESP. */
export interface Asked {
  id: number;
  name: keyof Commands;
  args: object;
  resolve: (resp: never) => void;
  reject: (why: Error) => void;
}

/** What belongs to one line, and is nothing on another. */
const OF_ONE_LINE: (keyof Commands)[] = [
  "AgentSDKConnected",
  "GetAgentStatusResponse",
  "AGTLogon",
  "AGTLogoff",
  "POMClientAlive",
];

// An id is used once, on all lines and by every page of an agent: what is sent again is known by it, and what
// another line or page has left under way must be nobody's here.
let lastId = Date.now() * 1000;

export class Line {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Asked>();
  readonly #heartbeat: number;

  constructor(
    origin: string,
    zone: string,
    readonly agentId: string,
    private readonly onNotice: (notice: Notice) => void,
    private readonly onLate: (resp: { wrapupDetails?: WrapupDetails }) => void,
    /** is given what was not answered */
    private readonly onEnd: (unanswered: Asked[]) => void,
  ) {
    this.#socket = new WebSocket(`${origin.replace(/^http/, "ws")}/wire/${encodeURIComponent(zone)}`);
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
    return new Promise((resolve, reject) => this.send({ id: ++lastId, name, args, resolve, reject }));
  }

  /** Send a command, for the first time or once more. */
  send(asked: Asked): void {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      asked.reject(new NoLine());
      return;
    }
    const { id, name, args } = asked;
    this.#waiting.set(id, asked);
    this.#socket.send(JSON.stringify({ name, id, agentID: this.agentId, args }));
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
    const [own, unanswered] = [[] as Asked[], [] as Asked[]];
    for (const asked of this.#waiting.values()) (OF_ONE_LINE.includes(asked.name) ? own : unanswered).push(asked);
    this.#waiting.clear();
    for (const asked of own) asked.reject(new LineLost());
    this.onEnd(unanswered);
  }
}
