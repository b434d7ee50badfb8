// What is done with chosen agents, and what came of it for each.

import { useEffect, useState } from "preact/hooks";
import { number } from "../common/numbers";
import { readPlace, reasonText, type Reason } from "../common/place";
import { Ask, Dialog } from "./dialog";
import type { Agent } from "./floor";
import type { Requests } from "./requests";
import { ask, type Asked } from "./server";
import { t, tIf } from "./texts";

interface Outcome {
  agent: string;
  zone: string | null;
  outcome: string;
  text: string;
  refused: boolean;
}

type Act = "break" | "logOff" | "move";
const ACTS: Act[] = ["break", "logOff", "move"];

/** What a dialog of these has: whom it is about, the request, and where the outcomes go. */
interface Props {
  title: string;
  close: () => void;
  wish: Wish;
}

type Wishes = Pick<Requests, "BreakAgents" | "LogOffAgents" | "MoveAgents">;
type Wish = <N extends keyof Wishes>(name: N, args: Omit<Wishes[N], "agent_ids" | "zone">) => Promise<void>;

interface Actions {
  chosen: Agent[];
  campaigns: string[];
}

export function AgentActs({ chosen, campaigns }: Actions) {
  const [act, setAct] = useState<Act>();
  const [outcomes, setOutcomes] = useState<Outcome[]>();
  const [reasons, setReasons] = useState<Reason[]>([]);
  useEffect(() => {
    void readPlace().then((place) => setReasons(place?.breaks ?? []));
  }, []);
  const wish: Wish = async (name, args) => {
    const found: Outcome[] = [];
    for (const zone of new Set(chosen.map((agent) => agent.zone))) {
      const agent_ids = chosen.filter((agent) => agent.zone === zone).map((agent) => agent.agent);
      found.push(...(await ask<Outcome>(...([name, { ...args, zone, agent_ids }] as Asked))));
    }
    setAct(undefined); // together with the next, so that the focus goes back to where it was at last
    setOutcomes(found);
  };
  const who = chosen.length === 1 ? chosen[0]!.agent : t("agents.many", { n: number(chosen.length) });
  const props = { title: act ? t(`act.${act}?`, { who }) : "", close: () => setAct(undefined), wish };
  return (
    <>
      {ACTS.map((each) => (
        <button key={each} disabled={!chosen.length} onClick={() => setAct(each)}>
          {t(`act.${each}`)}
        </button>
      ))}
      {act === "break" && <BreakDialog {...props} reasons={reasons} />}
      {act === "logOff" && <LogOffDialog {...props} />}
      {act === "move" && <MoveDialog {...props} campaigns={campaigns} />}
      {outcomes && <OutcomeDialog outcomes={outcomes} close={() => setOutcomes(undefined)} />}
    </>
  );
}

function BreakDialog({ wish, reasons, ...props }: Props & { reasons: Reason[] }) {
  const [code, setCode] = useState("");
  const known = reasons.find((reason) => reason.code === code);
  return (
    <Ask {...props} yes={t("act.break")} act={() => wish("BreakAgents", { reason: code, reason_name: known?.name ?? "" })}>
      <label>
        {t("break.reason")}
        {reasons.length ? (
          <select required value={code} onChange={(event) => setCode(event.currentTarget.value)}>
            <option value="" />
            {reasons.map((reason) => (
              <option key={reason.code} value={reason.code}>
                {reasonText(reason.name)}
              </option>
            ))}
          </select>
        ) : (
          <input required value={code} onInput={(event) => setCode(event.currentTarget.value)} />
        )}
      </label>
      <p class="soft">{t("break.hint")}</p>
    </Ask>
  );
}

function LogOffDialog({ wish, ...props }: Props) {
  const [now, setNow] = useState(false);
  return (
    <Ask {...props} yes={t("act.logOff")} isDanger act={() => wish("LogOffAgents", { now })}>
      <fieldset>
        <legend>{t("logOff.when")}</legend>
        {[false, true].map((each) => (
          <label class="choice" key={String(each)}>
            <input type="radio" name="when" checked={now === each} onChange={() => setNow(each)} />
            {t(each ? "logOff.now" : "logOff.after")}
          </label>
        ))}
      </fieldset>
    </Ask>
  );
}

function MoveDialog({ wish, campaigns, ...props }: Props & { campaigns: string[] }) {
  const [campaign, setCampaign] = useState("");
  return (
    <Ask {...props} yes={t("act.move")} act={() => wish("MoveAgents", { campaign: campaign || null })}>
      <label>
        {t("move.to")}
        <select value={campaign} onChange={(event) => setCampaign(event.currentTarget.value)}>
          <option value="">{t("move.anywhere")}</option>
          {campaigns.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </Ask>
  );
}

function OutcomeDialog({ outcomes, close }: { outcomes: Outcome[]; close: () => void }) {
  const refused = outcomes.filter((each) => each.refused).length;
  return (
    <Dialog title={t("outcome")} close={close}>
      <p>
        {refused
          ? t("outcome.refused", { n: number(refused), all: number(outcomes.length) })
          : t("outcome.well", { all: number(outcomes.length) })}
      </p>
      <ul class="outcomes" tabIndex={0} aria-label={t("outcome")}>
        {outcomes.map((each) => (
          <li key={`${each.zone}/${each.agent}`} class={each.refused ? "refused" : ""}>
            <bdi>{each.agent}</bdi> {tIf(`outcome.${each.outcome}`) ?? each.text}
          </li>
        ))}
      </ul>
      <button class="primary" autofocus onClick={close}>
        {t("close")}
      </button>
    </Dialog>
  );
}
