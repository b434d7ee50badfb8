// Fields whose text outlives a reload, for as long as the contact is here that it belongs to.

import { useState } from "preact/hooks";
import { kept } from "./kept";

/** Return what was typed into a field, undefined if nothing was, and what changes that. */
export function useDraft(
  sessionId: string,
  field: string,
  isKept = true,
): [string | undefined, (text: string | undefined) => void] {
  const [typed, setTyped] = useState(isKept ? kept.draft(sessionId).typed?.[field] : undefined);
  const type = (text: string | undefined) => {
    setTyped(text);
    if (isKept) kept.type(sessionId, field, text);
  };
  return [typed, type];
}
