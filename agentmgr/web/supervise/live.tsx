// What goes on now, as it happens.

import { useEffect, useState } from "preact/hooks";
import { useNow } from "../shared/hooks";
import { useSource } from "../shared/source";
import { Agents } from "./agents";
import { CampaignCards } from "./campaigncards";
import { Feed } from "./feed";
import { campaignsOf } from "./floor";
import { t } from "./texts";

export function Live() {
  const [feed] = useState(() => new Feed());
  useEffect(() => {
    feed.open();
    return () => feed.close();
  }, [feed]);
  const { floor, at, isLive } = useSource(feed.seen);
  const ticking = useNow(isLive);
  const now = (isLive ? Math.max(ticking, at) : at) / 1000;
  return (
    <div class={`live ${isLive ? "" : "old"}`}>
      <h1 class="unseen">{t("view.live")}</h1>
      {!isLive && (
        <p class="banner warning" role="status">
          {at ? t("live.old", { time: new Date(at).toLocaleTimeString() }) : t("live.coming")}
        </p>
      )}
      <CampaignCards campaigns={campaignsOf(floor)} />
      <Agents floor={floor} now={now} />
    </div>
  );
}
