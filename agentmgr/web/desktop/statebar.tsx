// Whether the agent wants calls, and how the phone is.

import { useAltKey } from "../common/hooks";
import { reasonText } from "../common/place";
import { Breaks } from "./breaks";
import type { Session, View } from "./session";
import { t, tIf } from "./texts";

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
        {desk.agentState === "NotReady" && desk.reason && <span dir="auto">{reasonText(desk.reason)}</span>}
      </p>
      <div class="row" role="group" aria-label={t("state.Ready")}>
        <button disabled={!desk.can.ready || isCut} onClick={goReady} aria-keyshortcuts="Alt+R">
          {t("go.ready")}
        </button>
        <Breaks session={session} isOn={!!desk.can.notReady && !isCut} />
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
