// What outlives a reload: who is signed in with the token to come back, and what was typed.

import type { CallState } from "./wire";

export interface SignedIn {
  zone: string;
  agentId: string;
  ext: string;
  token: string;
}

/** What belongs to one contact: as long as it is here, nothing of it is forgotten. */
export interface Draft {
  sessionId: string;
  codeId?: number;
  /** what was typed and not sent yet, by field */
  typed?: Record<string, string>;
  /** since when the call is in its state, ms of the epoch */
  state?: CallState;
  since?: number;
  /** when the wrapup ends by itself, ms of the epoch */
  wrapupEndsAt?: number;
  extendable?: boolean;
}

const SIGNED_IN = "agentmgr.signedIn";
const HOLDER = "agentmgr.holder";
const DRAFT = "agentmgr.draft";

function read<T>(key: string): T | undefined {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

export const kept = {
  signedIn: (): SignedIn | undefined => read(SIGNED_IN),
  signIn: (who: SignedIn): void => localStorage.setItem(SIGNED_IN, JSON.stringify(who)),
  signOut: (): void => localStorage.removeItem(SIGNED_IN),

  /** Say that this tab has the agent from now on; before the server moves it, as other tabs look then. */
  hold: (tab: string): void => localStorage.setItem(HOLDER, tab),
  holder: (): string | null => localStorage.getItem(HOLDER),

  draft(sessionId: string): Draft {
    const draft = read<Draft>(DRAFT);
    return draft?.sessionId === sessionId ? draft : { sessionId };
  },
  keep(draft: Draft): void {
    localStorage.setItem(DRAFT, JSON.stringify(draft));
  },

  /** Keep what was typed into a field; undefined: nothing any more. */
  type(sessionId: string, field: string, text: string | undefined): void {
    const { typed, ...draft } = kept.draft(sessionId);
    const { [field]: _, ...others } = typed ?? {};
    kept.keep({ ...draft, typed: text === undefined ? others : { ...others, [field]: text } });
  },
};
