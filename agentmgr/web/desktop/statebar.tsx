// Whether the agent wants calls, and how the phone is.

import { useAltKey } from "../shared/hooks";
import { reasonText } from "../shared/place";
import type { Session, View } from "./session";
import { t, tIf } from "./texts";

export function StateBar({ session, view }: { session: Session; view: View }) {
  const { desk, place, who } = view;
  const isCut = view.phase === "lost";
  const goReady = () => void session.goReady();
  useAltKey("KeyR", !!desk.can.ready && !isCut, goReady);
  const isFree = desk.callState === "NoState" || desk.callState === "Idle";
  return (
    <header>
      <p class={`state ${desk.agentState}`}>
        <span class="dot" />
        <strong>{t(`state.${desk.agentState}`)}</strong>
        {desk.agentState === "NotReady" && desk.reason && <span dir="auto">{reasonText(desk.reason)}</span>}
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
            const reason = place.breaks.find(({ code }) => code === event.currentTarget.value);
            event.currentTarget.value = "";
            if (reason) void session.goNotReady(reason);
          }}
        >
          <option value="">{t("go.break")}</option>
          {place.breaks.map(({ code, name }) => (
            <option value={code} key={code}>
              {reasonText(name)}
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
