// All campaigns: run, paused, stopped, changed, made and deleted.

import { useState } from "preact/hooks";
import { number } from "../common/numbers";
import { Ask } from "./dialog";
import { Editor } from "./editor";
import { attempt, say } from "./notices";
import { usePolled } from "./polled";
import type { Requests } from "./requests";
import { ask, type Asked } from "./server";
import { t, tIf } from "./texts";

const LOOK_MS = 3000;

interface Overview {
  campaign: string;
  pacing: string;
  lists: string;
  state: string;
  done: number | null;
  contacts: number | null;
  organisation?: string;
}

type Act = "RunCampaign" | "PauseCampaign" | "ResumeCampaign" | "StopCampaign" | "DeleteCampaign";

/** What can be done with a campaign whose job is in a state, by the request that does it. */
const ACTS: Record<string, Act[]> = {
  running: ["PauseCampaign", "StopCampaign"],
  paused: ["ResumeCampaign", "StopCampaign"],
  queued: ["StopCampaign"],
  preparing: ["StopCampaign"],
  stopping: [],
};
const OVER: Act[] = ["RunCampaign", "DeleteCampaign"];
/** What cannot be taken back, and so is asked. */
const FINAL: ReadonlySet<Act> = new Set(["StopCampaign", "DeleteCampaign"]);

/** Columns that are left away where the page is narrow. */
const MINOR: ReadonlySet<string> = new Set(["campaign.contacts", "field.pacing", "field.lists"]);

export function Campaigns({ path }: { path: string[] }) {
  const [place, name] = path;
  if (place === "new") return <Editor name="" key="" />;
  if (place === "change" && name) return <Editor name={name} key={name} />;
  return <List />;
}

function List() {
  const { rows, again } = usePolled<Overview>(LOOK_MS, "ListCampaigns");
  const [asked, setAsked] = useState<{ act: Act; name: string }>();
  const [placed, setPlaced] = useState<{ name: string; zones: string[] }>();
  const carryOut = async (...asked: Asked) => {
    const [done] = await ask(...asked);
    say(String(done?.done));
    again();
  };
  /** Run it in the zone that there is, or ask where. */
  const run = async (name: string) => {
    const zones = (await ask<{ zone: string }>("ShowZones")).map(({ zone }) => zone);
    if (zones.length > 1) setPlaced({ name, zones });
    else await carryOut("RunCampaign", { name, otherwise: zones[0] ?? "" });
  };
  const press = (act: Act, name: string) => {
    if (FINAL.has(act)) setAsked({ act, name });
    else void attempt(act === "RunCampaign" ? run(name) : carryOut(act, { name }));
  };
  return (
    <>
      <div class="row heading">
        <h1>{t("view.campaigns")}</h1>
        <a class="button primary" href="#campaigns/new">
          {t("editor.new")}
        </a>
      </div>
      {rows?.length === 0 && <p class="card">{t("campaigns.noneYet")}</p>}
      {!!rows?.length && (
        <div class="scrolled card">
          <table class="plain">
            <thead>
              <tr>
                {(["campaign", "campaign.state", "campaign.contacts", "field.pacing", "field.lists"] as const).map((each) => (
                  <th scope="col" key={each} class={MINOR.has(each) ? "minor" : ""}>
                    {t(each)}
                  </th>
                ))}
                <th scope="col">{t("acts")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((each) => (
                <tr key={each.campaign}>
                  <th scope="row">
                    <a href={`#campaigns/change/${encodeURIComponent(each.campaign)}`}>
                      <bdi>{each.campaign}</bdi>
                    </a>
                  </th>
                  <td>{tIf(`job.${each.state}`) ?? each.state}</td>
                  <td class="number minor">
                    {each.contacts !== null && t("campaign.of", { done: number(each.done ?? 0), all: number(each.contacts) })}
                  </td>
                  <td class="minor">{each.pacing}</td>
                  <td class="minor">
                    <bdi>{each.lists}</bdi>
                  </td>
                  <td>
                    <div class="row">
                      {(ACTS[each.state] ?? OVER).map((act) => (
                        <button key={act} onClick={() => press(act, each.campaign)}>
                          {t(`act.${act}`)}
                          <span class="unseen"> {each.campaign}</span>
                        </button>
                      ))}
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {asked && (
        <Ask
          title={asked.name}
          close={() => setAsked(undefined)}
          yes={t(`act.${asked.act}`)}
          isDanger
          act={() => carryOut(asked.act, { name: asked.name })}
        >
          <p>{t(`act.${asked.act}?` as "act.StopCampaign?")}</p>
        </Ask>
      )}
      {placed && <Place {...placed} close={() => setPlaced(undefined)} run={(args) => carryOut("RunCampaign", args)} />}
    </>
  );
}

interface PlaceProps {
  name: string;
  zones: string[];
  close: () => void;
  run: (args: Requests["RunCampaign"]) => Promise<void>;
}

/** Which zones a campaign is run in: those that are chosen, or its own. */
function Place({ name, zones, close, run }: PlaceProps) {
  const [chosen, choose] = useState<string[]>([]);
  return (
    <Ask
      title={name}
      close={close}
      yes={t("act.RunCampaign")}
      act={() => run({ name, zones: chosen, otherwise: zones[0]! })}
    >
      <fieldset>
        <legend>{t("field.zones")}</legend>
        {zones.map((zone) => (
          <label class="choice" key={zone}>
            <input
              type="checkbox"
              checked={chosen.includes(zone)}
              onChange={(event) =>
                choose(event.currentTarget.checked ? [...chosen, zone] : chosen.filter((one) => one !== zone))
              }
            />
            <bdi>{zone}</bdi>
          </label>
        ))}
      </fieldset>
      <p class="soft">{t("run.hint", { zone: zones[0]! })}</p>
    </Ask>
  );
}
