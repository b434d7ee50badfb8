// Breaks by their reasons: a list that opens, as a choice in a select takes effect while it is still looked for by keys.

import { useRef } from "preact/hooks";
import { useAltKey } from "../common/hooks";
import { reasonText, type Reason } from "../common/place";
import type { Session } from "./session";
import { t } from "./texts";

const NO_REASON: Reason = { code: "", name: "" };

export function Breaks({ session, isOn }: { session: Session; isOn: boolean }) {
  const list = useRef<HTMLDetailsElement>(null);
  const { breaks } = session.view.place;
  const reasons = breaks.length ? breaks : [NO_REASON];
  const isOpen = (next: boolean, focused: "summary" | "button") => {
    if (!list.current) return;
    list.current.open = next;
    list.current.querySelector<HTMLElement>(focused)?.focus();
  };
  useAltKey("KeyB", isOn, () => isOpen(true, "button"));
  if (!isOn) return <button disabled>{t("go.break")}</button>;
  return (
    <details
      class="menu"
      ref={list}
      onKeyDown={(event) => event.key === "Escape" && isOpen(false, "summary")}
      onFocusOut={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) currentTarget.open = false;
      }}
    >
      <summary aria-keyshortcuts="Alt+B">{t("go.break")}</summary>
      <div class="card">
        {reasons.map((reason) => (
          <button
            key={reason.code}
            dir="auto"
            onClick={() => {
              isOpen(false, "summary");
              void session.goNotReady(reason);
            }}
          >
            {reasonText(reason.name) || t("state.NotReady")}
          </button>
        ))}
      </div>
    </details>
  );
}
