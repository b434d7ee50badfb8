// Callbacks that were promised: looked at, moved to another time or agent, cancelled.

import { useMemo, useState } from "preact/hooks";
import { locale } from "../common/texts";
import { Ask, Dialog } from "./dialog";
import { usePolled } from "./polled";
import { ask, type Asked } from "./server";
import { Table, type Column } from "./table";
import { t } from "./texts";

const LOOK_MS = 15_000;
const WAITING = "waiting";

interface Callback {
  callback_id: string;
  state: string;
  campaign: string;
  user_contact_id: string;
  number: string;
  customer_timezone: string | null;
  type: string;
  agent: string;
  due_at: string;
  notes: string;
}

const HERE = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short" });

/** Return a time by the customer's own clock; nothing where that is the same, or not known. */
function there(at: string, timeZone: string | null): string {
  if (!timeZone) return "";
  try {
    const shown = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short", timeZone }).format(new Date(at));
    return shown === HERE.format(new Date(at)) ? "" : `${shown} (${timeZone})`;
  } catch {
    return timeZone; // one that this browser does not know
  }
}

const COLUMNS: Column<Callback>[] = [
  { name: "due", title: t("callback.due"), of: (row) => row.due_at, show: (row) => HERE.format(new Date(row.due_at)) },
  { name: "there", title: t("callback.there"), of: (row) => there(row.due_at, row.customer_timezone), isMinor: true },
  { name: "customer", title: t("callback.customer"), of: (row) => row.user_contact_id },
  { name: "number", title: t("field.number"), of: (row) => row.number, isMinor: true },
  { name: "campaign", title: t("campaign"), of: (row) => row.campaign },
  { name: "whom", title: t("callback.whom"), of: (row) => row.agent },
  { name: "state", title: t("campaign.state"), of: (row) => row.state },
  { name: "notes", title: t("callback.notes"), of: (row) => row.notes, isMinor: true },
];

export function Callbacks() {
  const [isAll, setAll] = useState(false);
  const [text, setText] = useState("");
  const [only, setOnly] = useState({ campaign: "", agent: "" });
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<"move" | "cancel">();
  const [outcomes, setOutcomes] = useState<string[]>();
  const { rows, again } = usePolled<Callback>(LOOK_MS, "ListCallbacks", { also_ended: isAll });
  const shown = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return (rows ?? []).filter(
      (row) =>
        (!only.campaign || row.campaign === only.campaign) &&
        (!only.agent || row.agent === only.agent) &&
        (!wanted || Object.values(row).join("\n").toLowerCase().includes(wanted)),
    );
  }, [rows, text, only]);
  const ids = shown.filter((row) => row.state === WAITING && chosen.has(row.callback_id)).map((row) => row.callback_id);
  const carryOut = async (...asked: Asked) => {
    const done = await ask(...asked);
    setAsked(undefined); // together with the next, so that the focus goes back to where it was at last
    setOutcomes(done.map((row) => String(row.done)));
    choose(new Set());
    again();
  };
  const choice = (name: keyof typeof only, title: string) => (
    <select
      aria-label={title}
      value={only[name]}
      onChange={(event) => setOnly({ ...only, [name]: event.currentTarget.value })}
    >
      <option value="">{t(`callbacks.any.${name}`)}</option>
      {[...new Set([...(rows ?? []).map((row) => row[name]), only[name]])]
        .filter(Boolean)
        .sort()
        .map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
    </select>
  );
  const about = { ids, close: () => setAsked(undefined), carryOut };
  return (
    <section class="card">
      <div class="row heading">
        <h1>{t("view.callbacks")}</h1>
        <div class="row">
          {choice("campaign", t("campaign"))}
          {choice("agent", t("callback.whom"))}
          <input
            type="search"
            placeholder={t("callbacks.find")}
            aria-label={t("callbacks.find")}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <label class="choice">
            <input type="checkbox" checked={isAll} onChange={(event) => setAll(event.currentTarget.checked)} />
            {t("callbacks.all")}
          </label>
        </div>
      </div>
      <div class="row">
        <button disabled={!ids.length} onClick={() => setAsked("move")}>
          {t("callbacks.move")}
        </button>
        <button disabled={!ids.length} onClick={() => setAsked("cancel")}>
          {t("callbacks.cancel")}
        </button>
        <span class="soft">{t("callbacks.chosen", { count: ids.length })}</span>
      </div>
      {rows && (
        <Table
          label={t("view.callbacks")}
          rows={shown}
          columns={COLUMNS}
          idOf={(row) => row.callback_id}
          sortedBy="due"
          chosen={chosen}
          choose={choose}
        />
      )}
      {asked === "move" && <Move {...about} />}
      {asked === "cancel" && <Cancel {...about} />}
      {outcomes && (
        <Dialog title={t("outcome")} close={() => setOutcomes(undefined)}>
          <ul class="outcomes" tabIndex={0} aria-label={t("outcome")}>
            {outcomes.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
          <button class="primary" autofocus onClick={() => setOutcomes(undefined)}>
            {t("close")}
          </button>
        </Dialog>
      )}
    </section>
  );
}

/** Which are chosen, and what does something with them. */
interface Chosen {
  ids: string[];
  close: () => void;
  carryOut: (...asked: Asked) => Promise<void>;
}

function Move({ ids, close, carryOut }: Chosen) {
  const [time, setTime] = useState("");
  const [agent, setAgent] = useState("");
  const [isAnybody, setAnybody] = useState(false);
  const [reason, setReason] = useState("");
  const move = () =>
    carryOut("MoveCallbacks", {
      callback_ids: ids,
      ...(time && { due_at: new Date(time).getTime() / 1000 }),
      ...((agent || isAnybody) && { agent_id: isAnybody ? "" : agent.trim() }),
      reason,
      timezone: HERE.resolvedOptions().timeZone,
    });
  return (
    <Ask title={t("callbacks.chosen", { count: ids.length })} close={close} yes={t("save")} act={move}>
      <label>
        {t("callbacks.time")}
        <input type="datetime-local" value={time} onInput={(event) => setTime(event.currentTarget.value)} />
        <small>{t("callbacks.timeHint")}</small>
      </label>
      <label>
        {t("callbacks.agent")}
        <input value={agent} disabled={isAnybody} onInput={(event) => setAgent(event.currentTarget.value)} />
        <small>{t("callbacks.agentHint")}</small>
      </label>
      <label class="choice">
        <input type="checkbox" checked={isAnybody} onChange={(event) => setAnybody(event.currentTarget.checked)} />
        {t("callbacks.anybody")}
      </label>
      <label>
        {t("callbacks.reason")}
        <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
    </Ask>
  );
}

function Cancel({ ids, close, carryOut }: Chosen) {
  const [reason, setReason] = useState("");
  return (
    <Ask
      title={t("callbacks.chosen", { count: ids.length })}
      close={close}
      yes={t("callbacks.cancelThem")}
      isDanger
      act={() => carryOut("CancelCallbacks", { callback_ids: ids, reason })}
    >
      <p>{t("callbacks.cancel?", { count: ids.length })}</p>
      <label>
        {t("callbacks.reason")}
        <input required value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
    </Ask>
  );
}
