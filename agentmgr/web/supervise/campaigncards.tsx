// How far each campaign is, and why nothing is dialled.

import { number, percent } from "../shared/numbers";
import type { Campaign } from "./floor";
import { t, tIf } from "./texts";

export function CampaignCards({ campaigns }: { campaigns: Campaign[] }) {
  return (
    <section aria-labelledby="campaigns">
      <h2 id="campaigns">{t("campaigns")}</h2>
      <div class="cards">
        {campaigns.map((campaign) => (
          <Card campaign={campaign} key={`${campaign.zone}/${campaign.campaign}`} />
        ))}
        {!campaigns.length && <p class="soft">{t("campaigns.none")}</p>}
      </div>
    </section>
  );
}

function Card({ campaign }: { campaign: Campaign }) {
  const { contacts, done } = campaign;
  return (
    <article class="card">
      <h3>
        <bdi>{campaign.campaign}</bdi>
      </h3>
      <p>{tIf(`job.${campaign.state}`) ?? campaign.state}</p>
      <progress value={done} max={contacts || 1} aria-label={t("campaign.progress")} />
      <p>
        {t("campaign.done", { done: number(done), all: number(contacts), share: percent(contacts ? done / contacts : 0) })}
      </p>
      <p class="soft">{campaign.why}</p>
    </article>
  );
}
