// What is changed of a campaign while it runs: how it dials, how far it may go, when, and before which others.

import { useEffect, useState } from "preact/hooks";
import { Ask, Dialog } from "./dialog";
import { attempt } from "./notices";
import { ask } from "./server";
import { locale, t } from "./texts";

const PACINGS = ["predictive", "progressive", "preview", "preview-untimed"] as const;
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const DAYS = [1, 2, 3, 4, 5, 6, 7].map((day) => ({
  day: String(day),
  name: new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" }).format(MONDAY + (day - 1) * DAY_MS),
}));

/** What is changed here, of the values that the campaign has. */
interface Values {
  pacing: (typeof PACINGS)[number];
  abandon_limit: number;
  calling_hours: string;
  weekdays: string;
  priority: number;
}

export function CampaignSettings({ name, close }: { name: string; close: () => void }) {
  const [before, setBefore] = useState<Values>();
  const title = t("campaign.change?", { name });
  useEffect(() => {
    const look = async () => {
      const rows = await attempt(ask<{ key: string; value: string }>("ShowCampaignValues", { name }));
      if (rows === undefined) return close();
      setBefore(Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value)])) as unknown as Values);
    };
    void look();
  }, [name]);
  if (before !== undefined) return <Form name={name} title={title} close={close} before={before} />;
  return (
    <Dialog title={title} close={close}>
      <p>{t("coming")}</p>
    </Dialog>
  );
}

interface Props {
  name: string;
  title: string;
  close: () => void;
  before: Values;
}

function Form({ name, title, close, before }: Props) {
  const [changes, setChanges] = useState<Partial<Values>>({});
  const values = { ...before, ...changes };
  const change = (some: Partial<Values>) => setChanges((now) => ({ ...now, ...some }));
  const weekdays = values.weekdays.split(",");
  return (
    <Ask title={title} close={close} yes={t("save")} act={() => ask("ChangeCampaign", { name, values: changes })}>
      <label>
        {t("campaign.pacing")}
        <select
          value={values.pacing}
          onChange={(event) => change({ pacing: event.currentTarget.value as Values["pacing"] })}
        >
          {PACINGS.map((each) => (
            <option key={each} value={each}>
              {t(`pacing.${each}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("campaign.limit")}
        <input
          type="number"
          required
          min="0"
          max="100"
          step="any"
          value={Number((values.abandon_limit * 100).toFixed(6))}
          onInput={(event) => change({ abandon_limit: event.currentTarget.valueAsNumber / 100 })}
        />
      </label>
      <label>
        {t("campaign.hours")}
        <input
          required
          value={values.calling_hours}
          onInput={(event) => change({ calling_hours: event.currentTarget.value })}
        />
        <small>{t("campaign.hoursHint")}</small>
      </label>
      <fieldset>
        <legend>{t("campaign.days")}</legend>
        <div class="row">
          {DAYS.map(({ day, name }) => (
            <label class="choice" key={day}>
              <input
                type="checkbox"
                checked={weekdays.includes(day)}
                onChange={(event) => {
                  const isOn = event.currentTarget.checked;
                  const next = DAYS.map((each) => each.day).filter((each) => (each === day ? isOn : weekdays.includes(each)));
                  change({ weekdays: next.join(",") });
                }}
              />
              {name}
            </label>
          ))}
        </div>
      </fieldset>
      <label>
        {t("campaign.priority")}
        <input
          type="number"
          required
          min="1"
          max="10"
          value={values.priority}
          onInput={(event) => change({ priority: event.currentTarget.valueAsNumber })}
        />
        <small>{t("campaign.priorityHint")}</small>
      </label>
    </Ask>
  );
}
