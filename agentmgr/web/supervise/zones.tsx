// Who owns which zone, and where it shall go.

import { useState } from "preact/hooks";
import { number } from "../common/numbers";
import { Ask } from "./dialog";
import type { Floor } from "./floor";
import { usePolled } from "./polled";
import { ask } from "./server";
import { t, tIf } from "./texts";

const LOOK_MS = 2000;

interface ZoneStatus {
  zone: string;
  owner: string | null;
  token: string;
  lease_age_s: number | null;
  address: string | null;
  /** null where another manager has the zone */
  agents: number | null;
  http_url: string | null;
  moving_to: string | null;
  why: string | null;
}

interface Manager {
  manager: string;
}

export function Zones({ floor }: { floor: Floor }) {
  const { rows: zones = [], again } = usePolled<ZoneStatus>(LOOK_MS, "ShowZones");
  const { rows: managers = [] } = usePolled<Manager>(5 * LOOK_MS, "ShowManagers");
  const [asks, setAsks] = useState<ZoneStatus | "drain">();
  const close = () => setAsks(undefined);
  return (
    <section class="card" aria-labelledby="zones">
      <h2 id="zones">{t("zones")}</h2>
      <div class="scrolled" tabIndex={0} role="group" aria-labelledby="zones">
        <table class="plain">
          <thead>
            <tr>
              <th>{t("zone")}</th>
              <th>{t("zone.state")}</th>
              <th>{t("zone.owner")}</th>
              <th>{t("zone.token")}</th>
              <th class="number">{t("zone.age")}</th>
              <th class="number">{t("agents")}</th>
              {managers.length > 1 && <th>{t("zone.do")}</th>}
            </tr>
          </thead>
          <tbody>
            {zones.map((zone) => (
              <tr key={zone.zone}>
                <th scope="row">
                  <bdi>{zone.zone}</bdi>
                </th>
                <td>
                  <State zone={zone} floor={floor} />
                </td>
                <td>
                  <Owner zone={zone} />
                </td>
                <td>{zone.token}</td>
                <td class="number">{zone.lease_age_s === null ? "–" : t("seconds", { s: zone.lease_age_s.toFixed(1) })}</td>
                <td class="number">{zone.agents === null ? "–" : number(zone.agents)}</td>
                {managers.length > 1 && (
                  <td>
                    <button onClick={() => setAsks(zone)}>{t("zone.move")}</button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {managers.length > 1 && <button onClick={() => setAsks("drain")}>{t("zone.drain")}</button>}
      {asks === "drain" && (
        <Ask
          title={t("zone.drain?")}
          close={close}
          yes={t("zone.drainIt")}
          isDanger
          act={() => ask("DrainManager").then(again)}
        >
          <p>{t("zone.drainHint")}</p>
        </Ask>
      )}
      {asks && asks !== "drain" && <MoveZone zone={asks} managers={managers} close={close} moved={again} />}
    </section>
  );
}

/** Who has a zone; another manager shows what goes on there at its own page. */
function Owner({ zone }: { zone: ZoneStatus }) {
  const name = <bdi>{zone.owner ?? t("zone.here")}</bdi>;
  if (zone.agents !== null || !zone.http_url) return name;
  return <a href={`${zone.http_url}/supervise`}>{name}</a>;
}

function State({ zone, floor }: { zone: ZoneStatus; floor: Floor }) {
  const seen = floor.get(zone.zone)?.row;
  const state = seen?.state ?? "";
  return (
    <>
      {zone.moving_to ? t("zone.moving", { to: zone.moving_to }) : (tIf(`zone.is.${state}`) ?? state)}
      {seen?.telephony_is_down && <span class="tag bad">{t("zone.telephonyDown")}</span>}
    </>
  );
}

interface MoveProps {
  zone: ZoneStatus;
  managers: Manager[];
  close: () => void;
  moved: () => void;
}

function MoveZone({ zone, managers, close, moved }: MoveProps) {
  const [manager, setManager] = useState("");
  const act = () => ask("MoveZone", { zone: zone.zone, manager }).then(moved);
  return (
    <Ask title={t("zone.move?", { zone: zone.zone })} close={close} yes={t("zone.move")} act={act}>
      <label>
        {t("zone.to")}
        <select value={manager} onChange={(event) => setManager(event.currentTarget.value)}>
          <option value="">{t("zone.home")}</option>
          {managers.map((each) => (
            <option key={each.manager} value={each.manager}>
              {each.manager}
            </option>
          ))}
        </select>
      </label>
    </Ask>
  );
}
