// The customer's numbers: dialled in place of the one that is offered, dialled again, or never again.

import { useState } from "preact/hooks";
import type { Desk } from "./desk";
import { useDraft } from "./drafts";
import type { Session } from "./session";
import { t } from "./texts";
import type { ContactNumber } from "./wire";

interface Props {
  session: Session;
  desk: Desk;
  isCut: boolean;
}

/** Dial another number in a preview, or any in wrapup. */
export function DialPanel({ session, desk, isCut }: Props) {
  const [other, type] = useDraft(desk.sessionId, "dial");
  const [wasTyped] = useState(!!other);
  const isOff = isCut || !desk.can.originate;
  const dial = (number: Partial<ContactNumber>) => void session.dial(number);
  return (
    <details open={wasTyped}>
      <summary>{t(desk.callState === "Wrapup" ? "numbers.redial" : "numbers.dial")}</summary>
      <div class="row">
        {desk.contact?.contactNumbers.map((each) => (
          <button key={each.number} disabled={isOff} onClick={() => dial(each)}>
            {each.number}
          </button>
        ))}
      </div>
      {desk.contact?.canEnterFreeFormNumber && (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (other) dial({ number: other });
          }}
        >
          <label>
            {t("numbers.other")}{" "}
            <input type="tel" required value={other ?? ""} onInput={(event) => type(event.currentTarget.value)} />
          </label>
          <button disabled={isOff}>{t("numbers.call")}</button>
        </form>
      )}
    </details>
  );
}

/** Promise the customer not to call a number again. */
export function DncPanel({ session, desk, isCut }: Props) {
  return (
    <details>
      <summary>{t("dnc")}</summary>
      <div class="row">
        {desk.contact?.contactNumbers.map((each) => (
          <button key={each.number} disabled={isCut} onClick={() => void session.neverCall(each)}>
            {t("dnc.add", { number: each.number })}
          </button>
        ))}
      </div>
    </details>
  );
}
