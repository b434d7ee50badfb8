// Whom to ask about the customer: colleagues and others, as the campaign allows.

import { useState } from "preact/hooks";
import { useDraft } from "./drafts";
import type { Session } from "./session";
import { t } from "./texts";
import type { Destination } from "./wire";

export function ConsultPanel({ session, isCut }: { session: Session; isCut: boolean }) {
  const { sessionId } = session.view.desk;
  const [destinations, setDestinations] = useState<Destination[]>();
  const [allowsNumber, setAllowsNumber] = useState(false);
  const [number, type] = useDraft(sessionId, "consult");
  const [wasTyped] = useState(!!number);
  const read = async () => {
    const who = await session.whoToAsk();
    setDestinations(who.destinations);
    setAllowsNumber(who.allowsNumber);
  };
  return (
    <details class="consult" open={wasTyped} onToggle={(event) => void (event.currentTarget.open && read())}>
      <summary>{t("consult")}</summary>
      {destinations?.length === 0 && <p>{t("consult.nobody")}</p>}
      <div class="row">
        {destinations?.map((each) => {
          const name = each.destinationName || each.destinationValue;
          return (
            <button
              key={`${each.destinationType} ${each.destinationValue}`}
              disabled={isCut}
              onClick={() => void session.consult(each, name)}
            >
              {name} {each.state && <small>{each.state}</small>}
            </button>
          );
        })}
      </div>
      {allowsNumber && (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (number) void session.consult({ destinationType: "External", destinationValue: number }, number);
          }}
        >
          <label>
            {t("consult.number")}{" "}
            <input type="tel" required value={number ?? ""} onInput={(event) => type(event.currentTarget.value)} />
          </label>
          <button disabled={isCut}>{t("consult.call")}</button>
        </form>
      )}
    </details>
  );
}
