// What goes on now, as it happens.

import { useEffect, useMemo, useState } from "preact/hooks";
import { useSource } from "../common/source";
import { Agents } from "./agents";
import { Alarms } from "./alarms";
import { CampaignCards } from "./campaigncards";
import { Feed } from "./feed";
import { campaignsOf } from "./floor";
import { locale, t } from "./texts";
import { Zones } from "./zones";

export function Live() {
  const [feed] = useState(() => new Feed());
  useEffect(() => {
    feed.open();
    return () => feed.close();
  }, [feed]);
  const { floor, at, isLive } = useSource(feed.seen);
  const campaigns = useMemo(() => campaignsOf(floor), [floor]);
  return (
    <>
      <h1 class="unseen">{t("view.live")}</h1>
      <div role="status">
        {!isLive && (
          <p class="banner warning">
            {at ? t("live.old", { time: new Date(at).toLocaleTimeString(locale) }) : t("live.coming")}
          </p>
        )}
      </div>
      <Alarms />
      <div class={`live ${isLive ? "" : "old"}`}>
        <Agents floor={floor} stoppedAt={isLive ? undefined : at} />
        <div class="side">
          <CampaignCards campaigns={campaigns} />
          <Zones floor={floor} />
        </div>
      </div>
    </>
  );
}
