// Who is there and what they do: counted, filtered, sorted.

import { createContext } from "preact";
import { useContext, useMemo, useState } from "preact/hooks";
import { useNow } from "../common/hooks";
import { lasting, number } from "../common/numbers";
import { AgentActs } from "./agentacts";
import { agentsOf, campaignsOf, doing, DOINGS, EMPTY, type Agent, type Doing, type Floor } from "./floor";
import { Table, type Column } from "./table";
import { t } from "./texts";

export const idOf = (agent: Agent): string => `${agent.zone}/${agent.agent}`;

/** What is shown, and when the last picture came if none come now, ms of the epoch. */
const Shown = createContext<{ floor: Floor; stoppedAt: number | undefined }>({ floor: EMPTY, stoppedAt: undefined });

/** By what a filter finds an agent; made once of each row. */
const FOUND_BY = new WeakMap<Agent, string>();

function foundBy(agent: Agent): string {
  let text = FOUND_BY.get(agent);
  if (text === undefined) {
    const { name, campaign, placed_in, zone, contact } = agent;
    text = [agent.agent, name, campaign, placed_in, zone, contact].join("\n").toLowerCase();
    FOUND_BY.set(agent, text);
  }
  return text;
}

/** How long the agent has been doing that; when the pictures stop, so does this. */
function Lasting({ agent }: { agent: Agent }) {
  const { floor, stoppedAt } = useContext(Shown);
  const now = useNow(stoppedAt === undefined);
  const ahead_s = floor.get(agent.zone)?.ahead_s ?? 0;
  return lasting((stoppedAt ?? now) / 1000 - ahead_s - agent.since_at);
}

const words = (text: string | null) => <bdi>{text}</bdi>;

const COLUMNS: Column<Agent>[] = [
  { name: "agent", title: t("agent"), of: (agent) => agent.agent, show: (agent) => words(agent.agent) },
  { name: "name", title: t("agent.name"), of: (agent) => agent.name, show: (agent) => words(agent.name), isMinor: true },
  {
    name: "doing",
    title: t("agent.doing"),
    of: (agent) => DOINGS.indexOf(doing(agent)),
    show: (agent) => <DoingCell agent={agent} />,
  },
  {
    name: "for",
    title: t("agent.for"),
    of: (agent) => -agent.since_at,
    show: (agent) => <Lasting agent={agent} />,
    isNumber: true,
  },
  {
    name: "campaign",
    title: t("campaign"),
    of: (agent) => agent.campaign ?? agent.placed_in ?? "",
    show: (agent) => words(agent.campaign ?? agent.placed_in),
  },
  { name: "calls", title: t("agent.calls"), of: (agent) => agent.calls, isNumber: true, isMinor: true },
  {
    name: "talk",
    title: t("agent.talk"),
    of: (agent) => agent.talk_s,
    show: (agent) => lasting(agent.talk_s),
    isNumber: true,
    isMinor: true,
  },
  { name: "zone", title: t("zone"), of: (agent) => agent.zone, show: (agent) => words(agent.zone), isMinor: true },
];

function DoingCell({ agent }: { agent: Agent }) {
  const what = doing(agent);
  return (
    <span class={`doing ${what}`}>
      <span class="dot" />
      {t(`doing.${what}`)}
      {what === "Break" && agent.reason && <bdi class="soft">{agent.reason}</bdi>}
      {agent.state === "PendingNotReady" && <span class="tag">{t("agent.pausing")}</span>}
      {agent.leaving && <span class="tag">{t("agent.leaving")}</span>}
      {agent.desktop !== "there" && <span class="tag bad">{t(`desktop.${agent.desktop}`)}</span>}
    </span>
  );
}

export function Agents({ floor, stoppedAt }: { floor: Floor; stoppedAt: number | undefined }) {
  const [only, setOnly] = useState<Doing>();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const agents = useMemo(() => agentsOf(floor), [floor]);
  const counts = useMemo(() => {
    const found = new Map<Doing, number>();
    for (const agent of agents) found.set(doing(agent), (found.get(doing(agent)) ?? 0) + 1);
    return found;
  }, [agents]);
  const wanted = text.trim().toLowerCase();
  const rows = useMemo(
    () => agents.filter((agent) => (!only || doing(agent) === only) && (!wanted || foundBy(agent).includes(wanted))),
    [agents, only, wanted],
  );
  // who has gone meanwhile is not acted on, but stays chosen: they may be back with the next picture
  const acted = useMemo(() => (chosen.size ? agents.filter((agent) => chosen.has(idOf(agent))) : []), [agents, chosen]);
  return (
    <section class="card agents" aria-labelledby="agents">
      <div class="row">
        <h2 id="agents">{t("agents")}</h2>
        <input
          type="search"
          aria-label={t("agents.find")}
          placeholder={t("agents.find")}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span class="soft">{t("agents.shown", { some: number(rows.length), all: number(agents.length) })}</span>
      </div>
      <div class="row filters" role="group" aria-label={t("agents.only")}>
        {DOINGS.filter((each) => counts.has(each) || each === only).map((each) => (
          <button
            key={each}
            class={`doing ${each}`}
            aria-pressed={each === only}
            onClick={() => setOnly(each === only ? undefined : each)}
          >
            <span class="dot" /> {t(`doing.${each}`)} <strong>{number(counts.get(each) ?? 0)}</strong>
          </button>
        ))}
      </div>
      <div class="row acts" role="group" aria-label={t("agents.acts")}>
        <AgentActs chosen={acted} campaigns={campaignsOf(floor).map((each) => each.campaign)} />
        {acted.length > 0 ? (
          <>
            <span>{t("agents.chosen", { n: number(acted.length) })}</span>
            <button class="quiet" onClick={() => setChosen(new Set())}>
              {t("agents.chooseNone")}
            </button>
          </>
        ) : (
          <button class="quiet" disabled={!rows.length} onClick={() => setChosen(new Set(rows.map(idOf)))}>
            {t("agents.chooseAll")}
          </button>
        )}
      </div>
      <Shown.Provider value={{ floor, stoppedAt }}>
        <Table
          label={t("agents")}
          rows={rows}
          columns={COLUMNS}
          idOf={idOf}
          sortedBy="agent"
          chosen={chosen}
          choose={setChosen}
        />
      </Shown.Provider>
    </section>
  );
}
