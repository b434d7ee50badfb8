// The call: what it is, how long, and what can be done with it now. The capabilities alone enable buttons.

import { useState } from "preact/hooks";
import { CallbackPanel } from "./callback";
import { ConsultPanel } from "./consult";
import type { Desk } from "./desk";
import { useAltKey, useNow } from "../common/hooks";
import { DialPanel, DncPanel } from "./numbers";
import type { Session } from "./session";
import { clock, t, type Key } from "./texts";
import { WrapupPanel } from "./wrapup";

interface Action {
  text: Key;
  key: string;
  /** whether it belongs to what is going on; if so, `can` says whether it is allowed */
  shows: (desk: Desk) => boolean;
  can: (desk: Desk) => boolean;
  run: (session: Session) => unknown;
  kind?: string;
}

const isOffered = (desk: Desk) => desk.callState === "Preview" || desk.callState === "Callback";

const ACTIONS: Action[] = [
  {
    text: "act.dial",
    key: "KeyD",
    shows: isOffered,
    can: (desk) => !!desk.can.originate,
    run: (session) => session.dial(),
    kind: "primary",
  },
  {
    text: "act.cancelPreview",
    key: "KeyX",
    shows: isOffered,
    can: (desk) => isOffered(desk) && !!desk.contact?.canCancel,
    run: (session) => session.cancelPreview(),
  },
  {
    text: "act.hold",
    key: "KeyH",
    shows: (desk) => desk.callState === "Talking",
    can: (desk) => !!desk.can.hold,
    run: (session) => session.hold(),
  },
  {
    text: "act.unhold",
    key: "KeyH",
    shows: (desk) => desk.callState === "Held",
    can: (desk) => !!desk.can.unhold,
    run: (session) => session.unhold(),
    kind: "primary",
  },
  {
    text: "act.release",
    key: "KeyX",
    shows: (desk) => desk.callState === "Talking" || desk.callState === "Held",
    can: (desk) => !!desk.can.release,
    run: (session) => session.release(),
    kind: "danger",
  },
  {
    text: "act.transfer",
    key: "KeyT",
    shows: (desk) => desk.callState === "Consult" && !!desk.can.transfer,
    can: (desk) => !!desk.can.transfer,
    run: (session) => session.transfer(),
    kind: "primary",
  },
  {
    text: "act.conference",
    key: "KeyC",
    shows: (desk) => desk.callState === "Consult" && !!desk.can.conference,
    can: (desk) => !!desk.can.conference,
    run: (session) => session.startConference(),
  },
  {
    text: "act.leaveConsult",
    key: "KeyE",
    shows: (desk) => desk.callState === "Consult" || !!desk.can.leaveConsult,
    can: (desk) => !!desk.can.leaveConsult,
    run: (session) => session.leaveConsult(),
  },
  {
    text: "act.changeOwnership",
    key: "KeyT",
    shows: (desk) => desk.callState === "ConferenceOwner" && !!desk.can.changeOwnership,
    can: (desk) => !!desk.can.changeOwnership,
    run: (session) => session.changeOwnership(),
  },
  {
    text: "act.endConference",
    key: "KeyE",
    shows: (desk) => desk.callState === "ConferenceOwner",
    can: (desk) => !!desk.can.endConference,
    run: (session) => session.endConference(),
  },
  {
    text: "act.leaveConference",
    key: "KeyE",
    shows: (desk) => desk.callState === "ConferencePassive",
    can: (desk) => !!desk.can.leaveConference,
    run: (session) => session.endConference(),
  },
];

export function CallPanel({ session, desk, isCut }: { session: Session; desk: Desk; isCut: boolean }) {
  const { contact, callState } = desk;
  if (callState === "NoState" || callState === "Idle") return <Nobody desk={desk} />;
  return (
    <section class={`card call ${callState}`} aria-label={t("call.actions")}>
      <p class="callState">
        <strong>{t(`call.${callState}`)}</strong> <Since at={desk.since} />
      </p>
      <h1>{nameOf(desk) || contact?.defaultNumber}</h1>
      <p>
        {contact?.defaultNumber} · {contact?.campaignName}
      </p>
      {contact?.callbackNotes && (
        <p class="company" dir="auto">
          {contact.callbackNotes}
        </p>
      )}
      {desk.dialsAt !== undefined && <DialsIn at={desk.dialsAt} />}
      <div class="row">
        {ACTIONS.filter((action) => action.shows(desk)).map((action) => (
          <ActionButton key={action.text} action={action} session={session} isOn={action.can(desk) && !isCut} />
        ))}
      </div>
      <Company desk={desk} />
      {callState === "Talking" && (desk.can.transfer || desk.can.conference) && (
        <ConsultPanel session={session} isCut={isCut} />
      )}
      {desk.can.sendDTMF && <Keypad session={session} isCut={isCut} key={desk.sessionId} />}
      {callState === "Wrapup" && (
        <WrapupPanel session={session} desk={desk} isCut={isCut} key={`wrapup ${desk.sessionId}`} />
      )}
      {desk.can.originate && <DialPanel {...{ session, desk, isCut }} key={`dial ${desk.sessionId}`} />}
      {desk.can.createCallback && <CallbackPanel {...{ session, desk, isCut }} key={`callback ${desk.sessionId}`} />}
      {contact && <DncPanel {...{ session, desk, isCut }} key={`dnc ${desk.sessionId}`} />}
    </section>
  );
}

function ActionButton({ action, session, isOn }: { action: Action; session: Session; isOn: boolean }) {
  const run = () => void action.run(session);
  useAltKey(action.key, isOn, run);
  return (
    <button class={action.kind ?? ""} disabled={!isOn} onClick={run} aria-keyshortcuts={`Alt+${action.key.at(-1)}`}>
      {t(action.text)} <kbd>Alt {action.key.at(-1)}</kbd>
    </button>
  );
}

function Nobody({ desk }: { desk: Desk }) {
  const why = desk.agentState !== "Ready" ? "NotReady" : desk.nailup === "NailedUp" ? "Ready" : "phone";
  return (
    <section class="card calm" aria-label={t("call.actions")}>
      <h1>{t(`call.none.${why}`)}</h1>
      <p>{t(`call.none.${why}.hint`)}</p>
    </section>
  );
}

/** Who else is in the call. */
function Company({ desk }: { desk: Desk }) {
  const who = desk.party?.name ?? t("party.unknown");
  const keys: Partial<Record<Desk["callState"], Key>> = {
    ...(desk.party && { Talking: "consult.waiting" }),
    Consult: desk.party?.isAsking ? "consult.asked" : "consult.with",
    ConferenceOwner: "conference.with",
    ConferencePassive: "conference.passive",
  };
  const key = keys[desk.callState];
  return key ? <p class="company">{t(key, { who })}</p> : null;
}

function Since({ at }: { at: number }) {
  return (
    <span class="time" role="timer">
      {clock(useNow() - at)}
    </span>
  );
}

function DialsIn({ at }: { at: number }) {
  const s = Math.max(0, Math.ceil((at - useNow()) / 1000));
  return <p role="timer">{t("preview.dials", { s })}</p>;
}

function Keypad({ session, isCut }: { session: Session; isCut: boolean }) {
  const [sent, setSent] = useState("");
  const press = async (digit: string) => {
    if (await session.press(digit)) setSent((before) => before + digit);
  };
  return (
    <details class="keypad">
      <summary>{t("act.keypad")}</summary>
      <div class="keys">
        {[..."123456789*0#"].map((digit) => (
          <button key={digit} disabled={isCut} onClick={() => void press(digit)}>
            {digit}
          </button>
        ))}
      </div>
      <p aria-live="polite">{sent && t("keypad.sent", { digits: sent })}</p>
    </details>
  );
}

function nameOf(desk: Desk): string {
  const value = (key: string) => desk.attributes.find((each) => each.key === key)?.value ?? "";
  return `${value("FirstName")} ${value("LastName")}`.trim();
}
