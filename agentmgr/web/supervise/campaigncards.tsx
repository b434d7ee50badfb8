// How far each campaign is, why nothing is dialled, and what is done with it.

import { useState } from "preact/hooks";
import { number, percent } from "../common/numbers";
import { CampaignSettings } from "./campaignsettings";
import { Ask } from "./dialog";
import type { Campaign } from "./floor";
import { attempt } from "./notices";
import { ask } from "./server";
import { t, tIf } from "./texts";

/** What of its limit may be used up before that is seen. */
const NEAR = 0.8;

export function CampaignCards({ campaigns }: { campaigns: Campaign[] }) {
  return (
    <section aria-labelledby="campaigns">
      <h2 id="campaigns">{t("campaigns")}</h2>
      <div class="cards">
        {campaigns.map((campaign) => (
          <Card campaign={campaign} key={campaign.campaign} />
        ))}
        {!campaigns.length && <p class="soft">{t("campaigns.none")}</p>}
      </div>
    </section>
  );
}

function Card({ campaign }: { campaign: Campaign }) {
  const { contacts, done, state } = campaign;
  const [asks, setAsks] = useState<"stop" | "change">();
  const name = campaign.campaign;
  const close = () => setAsks(undefined);
  const isPaused = state === "paused";
  const share = contacts ? done / contacts : 0;
  return (
    <article class="card campaign" aria-label={name}>
      <h3>
        <bdi>{name}</bdi> <span class={`badge ${state}`}>{tIf(`job.${state}`) ?? state}</span>
      </h3>
      <progress value={done} max={contacts || 1} aria-label={t("campaign.progress")} />
      <p>{t("campaign.done", { done: number(done), all: number(contacts), share: percent(share) })}</p>
      <p class="why">{campaign.why}</p>
      <Figures campaign={campaign} />
      <div class="row">
        <button onClick={() => void attempt(ask(isPaused ? "ResumeCampaign" : "PauseCampaign", { name }))}>
          {t(isPaused ? "campaign.resume" : "campaign.pause")}
        </button>
        <button onClick={() => setAsks("change")}>{t("campaign.change")}</button>
        <button onClick={() => setAsks("stop")}>{t("campaign.stop")}</button>
      </div>
      {asks === "stop" && (
        <Ask
          title={t("campaign.stop?", { name })}
          close={close}
          yes={t("campaign.stopIt")}
          isDanger
          act={() => ask("StopCampaign", { name })}
        >
          <p>{t("campaign.stopHint")}</p>
        </Ask>
      )}
      {asks === "change" && <CampaignSettings name={name} close={close} />}
    </article>
  );
}

function Figures({ campaign }: { campaign: Campaign }) {
  const { live_answers, abandoned, abandon_limit, pacing } = campaign;
  const rate = live_answers ? abandoned / live_answers : 0;
  const isNear = pacing === "Predictive" && rate > NEAR * abandon_limit;
  return (
    <dl class="figures">
      <div>
        <dt>{t("figure.due")}</dt>
        <dd>{number(campaign.fresh + campaign.waiting)}</dd>
      </div>
      <div>
        <dt>{t("figure.ringing")}</dt>
        <dd>{number(campaign.ringing)}</dd>
      </div>
      <div>
        <dt>{t("figure.agents")}</dt>
        <dd>{t("figure.agentsOf", { busy: number(campaign.agents_busy), all: number(campaign.agents) })}</dd>
      </div>
      <div>
        <dt>{t("figure.dials")}</dt>
        <dd>{number(campaign.dials_a_minute)}</dd>
      </div>
      <div>
        <dt>{t("figure.answers")}</dt>
        <dd>{number(campaign.answers_a_minute)}</dd>
      </div>
      <div class={isNear ? "near" : ""}>
        <dt>{t("figure.abandoned")}</dt>
        <dd>
          {percent(rate)} {pacing === "Predictive" && <small>{t("figure.limit", { limit: percent(abandon_limit) })}</small>}
        </dd>
      </div>
    </dl>
  );
}
