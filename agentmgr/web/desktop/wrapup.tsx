// How a contact ended: a code by mouse, arrows or Alt with its number; a countdown if there is a limit.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Desk } from "./desk";
import { useAltKey, useNow } from "../common/hooks";
import { kept } from "./kept";
import type { Session } from "./session";
import { clock, t } from "./texts";

const HURRY_MS = 10_000;

export function WrapupPanel({ session, desk, isCut }: { session: Session; desk: Desk; isCut: boolean }) {
  const { codes, wrapup, sessionId } = desk;
  const [codeId, setCodeId] = useState(kept.draft(sessionId).codeId);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const isBusy = document.activeElement?.matches("input, textarea, select, .menu *");
    if (codes.length && !isBusy) form.current?.querySelector("input")?.focus();
  }, [codes.length]);
  const choose = (id: number) => {
    setCodeId(id);
    kept.keep({ ...kept.draft(sessionId), codeId: id });
  };
  const chosen = codes.find((code) => code.codeID === codeId);
  const isOn = !!desk.can.disposition && !isCut && chosen !== undefined;
  const finish = () => void (chosen && session.finish(chosen));
  useAltKey("KeyW", isOn, finish);
  return (
    <form
      ref={form}
      class="wrapup"
      onSubmit={(event) => {
        event.preventDefault();
        if (isOn) finish();
      }}
    >
      <fieldset>
        <legend>{t("wrapup.code")}</legend>
        {codes.map((code, place) => (
          <label key={code.codeID}>
            <input
              type="radio"
              name="code"
              checked={code.codeID === codeId}
              onChange={() => choose(code.codeID)}
            />
            {code.codeValue}
            {place < 9 && <CodeKey digit={place + 1} choose={() => choose(code.codeID)} />}
          </label>
        ))}
      </fieldset>
      <Left desk={desk} />
      <div class="row">
        <button class="primary" disabled={!isOn} aria-keyshortcuts="Alt+W">
          {t("wrapup.done")} <kbd>Alt W</kbd>
        </button>
        {wrapup?.extendable && (
          <button type="button" disabled={isCut} onClick={() => void session.extend()}>
            {t("wrapup.extend")}
          </button>
        )}
      </div>
    </form>
  );
}

function CodeKey({ digit, choose }: { digit: number; choose: () => void }) {
  useAltKey(`Digit${digit}`, true, choose);
  return <kbd>Alt {digit}</kbd>;
}

function Left({ desk }: { desk: Desk }) {
  const { wrapup } = desk;
  const now = useNow(wrapup?.endsAt !== undefined);
  if (wrapup?.endsAt === undefined) return wrapup ? <p>{t("wrapup.unlimited")}</p> : null;
  const left = Math.max(0, wrapup.endsAt - now);
  return (
    <p role="timer" class={left <= HURRY_MS ? "hurry" : ""}>
      {t("wrapup.left", { time: clock(left), code: wrapup.defaultCode?.codeValue ?? "…" })}
    </p>
  );
}
