// What is asked of the server: requests of the administration by name, with rows as answers.

import type { Requests } from "./requests";

export type Row = Record<string, unknown>;

export interface Account {
  name: string;
  organisation: string;
  role: "supervisor" | "manager";
}

/** The server's word on why something was not done, for people; without a status nobody knows whether it was. */
export class Refused extends Error {
  constructor(
    why: string,
    readonly status = 0,
  ) {
    super(why);
  }
}

const JSON_TYPE = { "Content-Type": "application/json" };
let signedOut = (): void => {};

/** Have it told when the server says that nobody is signed in any more. */
export function whenSignedOut(tell: () => void): void {
  signedOut = tell;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`supervise/${path}`, init);
  } catch {
    throw new Refused("");
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && path !== "session") signedOut();
  const { error = answer.statusText } = await answer.json().catch(() => ({}));
  throw new Refused(error, answer.status);
}

const post = (path: string, body: unknown, headers = {}): Promise<Response> =>
  send(path, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });

/** A request of the administration with its arguments, which may be left away where none is needed. */
export type Asked = {
  [N in keyof Requests]: Partial<Requests[N]> extends Requests[N]
    ? [name: N, args?: Requests[N]]
    : [name: N, args: Requests[N]];
}[keyof Requests];

/** Carry a request of the administration out. */
export async function ask<R = Row>(...[name, args = {}]: Asked): Promise<R[]> {
  const { rows } = await (await post(`do/${name}`, args)).json();
  return rows;
}

/** Carry a request out, and have its rows saved as a file. */
export async function saveCsv(file: string, ...[name, args = {}]: Asked): Promise<void> {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await (await post(`do/${name}`, args, { Accept: "text/csv" })).blob());
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Send a file of contacts; `tell` hears which share of it is sent. */
export function importFile(args: Record<string, string>, file: File, tell: (share: number) => void): Promise<Row[]> {
  // fetch does not tell how far it is
  const request = new XMLHttpRequest();
  request.open("POST", `supervise/import?${new URLSearchParams(args)}`);
  request.setRequestHeader("Content-Type", "text/csv");
  request.responseType = "json";
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => tell(total ? loaded / total : 1);
    request.onerror = () => reject(new Refused(""));
    request.onload = () => {
      const { status, statusText, response } = request;
      if (status === 401) signedOut();
      if (status === 200) resolve(response.rows);
      else reject(new Refused(response?.error ?? statusText, status));
    };
    request.send(file);
  });
}

export const session = {
  open: async (name: string, password: string): Promise<Account> => (await post("session", { name, password })).json(),
  look: async (): Promise<Account> => (await send("session", {})).json(),
  close: (): Promise<Response> => send("session", { method: "DELETE" }),
};
