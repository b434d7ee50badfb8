// Who is signed in at this page.

import { Source } from "../shared/source";
import { Refused, session, whenSignedOut, type Account } from "./server";
import { t } from "./texts";

export type Visit =
  | { phase: "asking" }
  | { phase: "out" | "entering"; trouble?: string }
  | { phase: "in"; who: Account };

export const visit = new Source<Visit>({ phase: "asking" });

whenSignedOut(() => (visit.value = { phase: "out", trouble: t("signIn.ended") }));

export async function look(): Promise<void> {
  try {
    visit.value = { phase: "in", who: await session.look() };
  } catch (error) {
    visit.value = { phase: "out", ...(isGone(error) && { trouble: t("server.gone") }) };
  }
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

const isGone = (error: unknown): boolean => error instanceof Refused && error.status === 0;

/** Return why something was not done, for people. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Refused)) throw error;
  return isGone(error) ? t("server.gone") : error.message;
}
