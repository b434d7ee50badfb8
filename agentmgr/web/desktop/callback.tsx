// A callback: when, by the agent's clock and by the customer's, and who calls.

import { useState } from "preact/hooks";
import type { Desk } from "./desk";
import { useDraft } from "./drafts";
import type { CallbackWay, Session } from "./session";
import { locale, t } from "./texts";

const HOUR_MS = 3_600_000;

export function CallbackPanel({ session, desk, isCut }: { session: Session; desk: Desk; isCut: boolean }) {
  const [ways, setWays] = useState<CallbackWay[]>([]);
  const [place, setPlace] = useState(0);
  const [inAnHour] = useState(() => localText(new Date(Date.now() + HOUR_MS)));
  const [when = inAnHour, typeWhen] = useDraft(desk.sessionId, "callback.when");
  const [note = "", typeNote] = useDraft(desk.sessionId, "callback.note");
  const [wasTyped] = useState(when !== inAnHour || !!note);
  const number = session.offered();
  const zone = number?.timezone.split(",")[0] ?? "";
  const at = new Date(when);
  const way = ways[place];
  return (
    <details open={wasTyped} onToggle={(event) => void (event.currentTarget.open && session.waysToCallBack().then(setWays))}>
      <summary>{t("callback")}</summary>
      <form
        class="callback"
        onSubmit={(event) => {
          event.preventDefault();
          if (!way || !number) return;
          void session.callBack(way, at, number, zone, note).then((isMade) => {
            if (isMade) [typeWhen, typeNote].forEach((type) => type(undefined));
          });
        }}
      >
        <label>
          {t("callback.when")}
          <input
            type="datetime-local"
            required
            value={when}
            onInput={(event) => typeWhen(event.currentTarget.value)}
          />
        </label>
        {zone && !Number.isNaN(at.getTime()) && (
          <p aria-live="polite">{t("callback.there", { time: timeIn(zone, at), zone })}</p>
        )}
        <label>
          {t("callback.who")}
          <select value={place} onChange={(event) => setPlace(Number(event.currentTarget.value))}>
            {ways.map((each, index) => (
              <option value={index} key={`${each.callbackType} ${each.destinationValue}`}>
                {[t(`callback.${each.callbackType}`), each.destinationName || each.destinationValue]
                  .filter((part) => part)
                  .join(": ")}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("callback.note")}
          <input value={note} onInput={(event) => typeNote(event.currentTarget.value)} />
        </label>
        <button disabled={isCut || !desk.can.createCallback || !way || !number}>{t("callback.make")}</button>
      </form>
    </details>
  );
}

/** Write a time as the browser's field for it wants it. */
function localText(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function timeIn(timeZone: string, at: Date): string {
  return at.toLocaleString(locale, { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit" });
}
