// Who is signed in at this page.

import { Source } from "../common/source";
import { Refused, session, whenSignedOut, type Account } from "./server";
import { t } from "./texts";

export type Visit =
  | { phase: "asking" }
  | { phase: "out" | "entering"; trouble?: string }
  | { phase: "in"; who: Account };

export const visit = new Source<Visit>({ phase: "asking" });

const ended = () => (visit.value = { phase: "out", trouble: t("signIn.ended") });
const isNobody = (error: unknown): boolean => error instanceof Refused && error.status === 401;

whenSignedOut(ended);

export async function look(): Promise<void> {
  try {
    visit.value = { phase: "in", who: await session.look() };
  } catch (error) {
    visit.value = { phase: "out", ...(!isNobody(error) && { trouble: whyNot(error) }) };
  }
}

/** See whether who is signed in still is; a server that does not say so leaves it as it is. */
export async function lookAgain(): Promise<void> {
  await session.look().catch((error) => isNobody(error) && ended());
}

export async function signIn(name: string, password: string): Promise<void> {
  visit.value = { phase: "entering" };
  try {
    visit.value = { phase: "in", who: await session.open(name, password) };
  } catch (error) {
    visit.value = { phase: "out", trouble: whyNot(error) };
  }
}

export async function signOut(): Promise<void> {
  await session.close().catch(() => {});
  visit.value = { phase: "out" };
}

/** Return why something was not done, for people. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Refused)) throw error;
  return error.status === 0 ? t("server.gone") : error.message;
}
