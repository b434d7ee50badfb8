// What a report is of: a campaign, days, and whose days they are.

import { useEffect, useState } from "preact/hooks";
import { dayBefore } from "../common/numbers";
import { ask } from "./server";
import { t } from "./texts";

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The arguments of requests for reports. */
export interface Span {
  campaigns: string[];
  first: string;
  last: string;
  timezone: string;
}

export const spanOf = (days: number): Span => ({
  campaigns: [],
  first: dayBefore(days - 1),
  last: dayBefore(),
  timezone: HERE,
});

/** Return the names of all campaigns, as soon as they are known. */
export function useCampaigns(): string[] {
  const [names, setNames] = useState<string[]>([]);
  useEffect(() => {
    ask<{ campaign: string }>("ListCampaigns")
      .then((rows) => setNames(rows.map((row) => row.campaign)))
      .catch(() => {});
  }, []);
  return names;
}

interface CampaignProps {
  campaign: string;
  choose: (campaign: string) => void;
}

export function CampaignChoice({ campaign, choose }: CampaignProps) {
  const names = useCampaigns();
  return (
    <label>
      {t("campaign")}
      <select value={campaign} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{t("campaigns.all")}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function SpanChoice({ span, choose }: { span: Span; choose: (span: Span) => void }) {
  const day = (name: "first" | "last") => (
    <label>
      {t(`span.${name}`)}
      <input
        type="date"
        required
        value={span[name]}
        onChange={(event) => event.currentTarget.value && choose({ ...span, [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <>
      <CampaignChoice
        campaign={span.campaigns[0] ?? ""}
        choose={(name) => choose({ ...span, campaigns: name ? [name] : [] })}
      />
      {day("first")}
      {day("last")}
      <label>
        {t("span.timezone")}
        <input
          list="timezones"
          value={span.timezone}
          onChange={(event) => choose({ ...span, timezone: event.currentTarget.value || HERE })}
        />
        <datalist id="timezones">
          {Intl.supportedValuesOf("timeZone").map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
    </>
  );
}
