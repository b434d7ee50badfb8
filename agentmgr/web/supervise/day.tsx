// How a day has gone so far.

import { useEffect, useMemo, useState } from "preact/hooks";
import { dayBefore } from "../common/numbers";
import { CampaignChoice } from "./choices";
import { stepsOf, type Figures } from "./figures";
import { Plot } from "./plot";
import { usePolled } from "./polled";
import { ask } from "./server";
import { t } from "./texts";

const LOOK_MS = 60_000;
const STEPS_MIN = [1, 5, 15, 60];

export function Day() {
  const [campaign, setCampaign] = useState("");
  const [day, setDay] = useState(dayBefore());
  const [step_min, setStep] = useState(5);
  const limit = useLimit(campaign);
  const begin = new Date(`${day}T00:00`);
  const end = new Date(begin);
  end.setDate(end.getDate() + 1);
  const args = {
    since: begin.getTime() / 1000,
    until: end.getTime() / 1000,
    step_min,
    campaigns: campaign ? [campaign] : [],
  };
  const { rows } = usePolled<Figures>(LOOK_MS, "ShowFigures", args);
  const steps = useMemo(() => {
    const found = stepsOf(rows ?? []).map((step) => ({ ...step, limit }));
    const isUnderWay = found.length > 1 && found.at(-1)!.at + step_min * 60 > Date.now() / 1000;
    return isUnderWay ? found.slice(0, -1) : found; // which would look as if all went down
  }, [rows, limit]);
  return (
    <>
      <h1 class="unseen">{t("view.day")}</h1>
      <div class="row asked">
        <CampaignChoice campaign={campaign} choose={setCampaign} />
        <label>
          {t("day")}
          <input
            type="date"
            required
            value={day}
            max={dayBefore()}
            onChange={(event) => event.currentTarget.value && setDay(event.currentTarget.value)}
          />
        </label>
        <label>
          {t("day.step")}
          <select value={step_min} onChange={(event) => setStep(Number(event.currentTarget.value))}>
            {STEPS_MIN.map((minutes) => (
              <option key={minutes} value={minutes}>
                {t("day.minutes", { n: minutes })}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="plots">
        <Plot
          title={t("plot.utilisation")}
          kind="percent"
          lines={[{ name: "utilisation", title: t("plot.utilisationOf"), color: "good" }]}
          steps={steps}
          top={1}
        />
        <Plot
          title={t("plot.answers")}
          kind="number"
          lines={[
            { name: "dials", title: t("report.dials"), color: "wait" },
            { name: "live_answers", title: t("report.live_answers"), color: "accent" },
          ]}
          steps={steps}
          top={5}
        />
        <Plot
          title={t("plot.abandoned")}
          kind="percent"
          lines={[
            { name: "abandon_rate", title: t("plot.abandonedOf"), color: "accent" },
            ...(limit === null ? [] : [{ name: "limit", title: t("plot.limit"), color: "bad" as const, isDashed: true }]),
          ]}
          steps={steps}
          top={Math.max(0.01, 1.2 * (limit ?? 0))}
        />
        <Plot
          title={t("plot.lines")}
          kind="number"
          lines={[{ name: "lines_per_agent", title: t("plot.linesOf"), color: "accent" }]}
          steps={steps}
          top={1}
        />
        <Plot
          title={t("plot.callbacks")}
          kind="number"
          lines={[{ name: "callbacks_waiting", title: t("plot.callbacksOf"), color: "wait" }]}
          steps={steps}
          top={5}
        />
      </div>
    </>
  );
}

/** Return the abandon limit of a campaign; null without one. */
function useLimit(campaign: string): number | null {
  const [limit, setLimit] = useState<number | null>(null);
  useEffect(() => {
    setLimit(null);
    if (!campaign) return;
    let isOver = false;
    ask<{ key: string; value: string }>("ShowCampaignValues", { name: campaign })
      .then((rows) => {
        const found = rows.find((row) => row.key === "abandon_limit");
        if (!isOver && found) setLimit(JSON.parse(found.value));
      })
      .catch(() => {}); // the plot is without it then
    return () => void (isOver = true);
  }, [campaign]);
  return limit;
}
