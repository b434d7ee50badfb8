// What is run or imported at its time, once or again and again.

import { useState } from "preact/hooks";
import { Ask } from "./dialog";
import { attempt, say } from "./notices";
import { usePolled } from "./polled";
import { ask } from "./server";
import { t } from "./texts";

/** What is weekly is on the day of its start; the server knows days by their English names. */
const WEEKDAY = new Intl.DateTimeFormat("en", { weekday: "long" });
const LOOK_MS = 10_000;
const FREQUENCIES = ["Once", "Daily", "Weekly", "Monthly", "Yearly"] as const;

interface Schedule {
  schedule: number;
  does: string;
  what: string;
  frequency: string;
  timezone: string;
  next: string | null;
  last: string | null;
  outcome: string | null;
}

export function Schedules() {
  const { rows, again } = usePolled<Schedule>(LOOK_MS, "ListSchedules");
  const [isAdding, setAdding] = useState(false);
  const remove = async (schedule_id: number) => {
    const [done] = await ask("RemoveSchedule", { schedule_id });
    say(String(done?.done));
    again();
  };
  return (
    <section class="card">
      <div class="row heading">
        <h2>{t("schedules")}</h2>
        <button onClick={() => setAdding(true)}>{t("schedules.new")}</button>
      </div>
      {rows?.length === 0 && <p class="soft">{t("schedules.none")}</p>}
      {!!rows?.length && (
        <div class="scrolled">
          <table class="plain">
            <thead>
              <tr>
                {(["schedule.what", "schedule.frequency", "schedule.next", "schedule.last", "acts"] as const).map((each) => (
                  <th scope="col" key={each}>
                    {t(each)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((each) => (
                <tr key={each.schedule}>
                  <th scope="row">
                    {t(each.does === "import" ? "schedule.imports" : "schedule.runs")} <bdi>{each.what}</bdi>
                  </th>
                  <td>{each.frequency}</td>
                  <td>{each.next && `${each.next} (${each.timezone})`}</td>
                  <td>
                    {each.last}
                    {each.outcome && <small>{each.outcome}</small>}
                  </td>
                  <td>
                    <button onClick={() => void attempt(remove(each.schedule))}>{t("editor.remove")}</button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {isAdding && (
        <Add
          close={() => {
            setAdding(false);
            again();
          }}
        />
      )}
    </section>
  );
}

function Add({ close }: { close: () => void }) {
  const { rows: campaigns = [] } = usePolled<{ campaign: string }>(LOOK_MS, "ListCampaigns");
  const { rows: sources = [] } = usePolled<{ source: string }>(LOOK_MS, "ListSources");
  const [what, setWhat] = useState("");
  const [start, setStart] = useState("");
  const [end, setEnd] = useState("");
  const [frequency, setFrequency] = useState<string>("Once");
  const [timezone, setTimezone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [target = "", subject = ""] = what.split(/:(.*)/s);
  const add = async () => {
    const days = frequency === "Weekly" ? [WEEKDAY.format(new Date(start))] : [];
    const times = { start: written(start), end: end ? written(end) : null, timezone, frequency, days };
    const [done] = await ask("AddSchedule", { target, subject, ...times });
    say(String(done?.done));
  };
  return (
    <Ask title={t("schedules.new")} close={close} yes={t("save")} act={add}>
      <label>
        {t("schedule.what")}
        <select required value={what} onChange={(event) => setWhat(event.currentTarget.value)}>
          <option value="" />
          {campaigns.map((each) => (
            <option value={`run:${each.campaign}`} key={`run:${each.campaign}`}>
              {t("schedule.runs")} {each.campaign}
            </option>
          ))}
          {sources.map((each) => (
            <option value={`import:${each.source}`} key={`import:${each.source}`}>
              {t("schedule.imports")} {each.source}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("schedule.start")}
        <input type="datetime-local" required value={start} onInput={(event) => setStart(event.currentTarget.value)} />
      </label>
      <label>
        {t("schedule.timezone")}
        <input required value={timezone} onInput={(event) => setTimezone(event.currentTarget.value)} />
      </label>
      <label>
        {t("schedule.frequency")}
        <select value={frequency} onChange={(event) => setFrequency(event.currentTarget.value)}>
          {FREQUENCIES.map((each) => (
            <option value={each} key={each}>
              {t(`frequency.${each}`)}
            </option>
          ))}
        </select>
      </label>
      {frequency !== "Once" && (
        <label>
          {t("schedule.end")}
          <input type="datetime-local" value={end} onInput={(event) => setEnd(event.currentTarget.value)} />
        </label>
      )}
    </Ask>
  );
}

/** Write a time as schedules have it. */
function written(at: string): string {
  return `${at.replaceAll("-", "/").replace("T", " ")}:00`;
}
