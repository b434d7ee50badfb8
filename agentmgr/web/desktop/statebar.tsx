// Whether the agent wants calls, and how the phone is.

import { useAltKey } from "../shared/hooks";
import type { Session, View } from "./session";
import { t, tIf, type Key } from "./texts";

const REASONS = ["1", "2", "3", "4"] as const;

export function StateBar({ session, view }: { session: Session; view: View }) {
  const { desk, who } = view;
  const isCut = view.phase === "lost";
  const goReady = () => void session.goReady();
  useAltKey("KeyR", !!desk.can.ready && !isCut, goReady);
  const isFree = desk.callState === "NoState" || desk.callState === "Idle";
  return (
    <header>
      <p class={`state ${desk.agentState}`}>
        <span class="dot" />
        <strong>{t(`state.${desk.agentState}`)}</strong>
        {desk.agentState === "NotReady" && desk.reason && <span>{desk.reason}</span>}
      </p>
      <div class="row" role="group" aria-label={t("state.Ready")}>
        <button disabled={!desk.can.ready || isCut} onClick={goReady} aria-keyshortcuts="Alt+R">
          {t("go.ready")}
        </button>
        <select
          aria-label={t("go.break")}
          disabled={!desk.can.notReady || isCut}
          value=""
          onChange={(event) => {
            const code = event.currentTarget.value;
            event.currentTarget.value = "";
            if (code) void session.goNotReady(code, t(`aux.${code}` as Key));
          }}
        >
          <option value="">{t("go.break")}</option>
          {REASONS.map((code) => (
            <option value={code} key={code}>
              {t(`aux.${code}`)}
            </option>
          ))}
        </select>
      </div>
      <p class={`phone ${desk.nailup}`}>
        {t("phone")}: <strong>{t(`phone.${desk.nailup}`)}</strong>
      </p>
      {desk.campaign && <p class="campaign">{desk.campaign}</p>}
      <p class="who">
        {who.agentId}
        <button class="quiet" disabled={isCut} onClick={() => void session.signOut()}>
          {tIf(isFree ? "signOut" : "signOut.after")}
        </button>
      </p>
    </header>
  );
}
