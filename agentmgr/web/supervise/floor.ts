// What goes on, as the server draws it: pictures taken one after the other; nothing here waits or sends.

import type { AgentState, CallState, NailupStatus, PacingType } from "../desktop/wire";

export interface Agent {
  kind: "agent";
  zone: string;
  agent: string;
  name: string;
  state: AgentState;
  call: CallState;
  phone: NailupStatus;
  desktop: "there" | "silent" | "away";
  leaving: boolean;
  reason: string | null;
  campaign: string | null;
  placed_in: string | null;
  contact: string | null;
  calls: number;
  talk_s: number;
  walk_aways: number;
  /** since when the call is in its state, seconds of the epoch at the server */
  since_at: number;
}

export interface Campaign {
  kind: "campaign";
  zone: string;
  campaign: string;
  state: string;
  pacing: PacingType;
  abandon_limit: number;
  contacts: number;
  done: number;
  dials: number;
  live_answers: number;
  abandoned: number;
  fresh: number;
  waiting: number;
  outside_hours: number;
  in_work: number;
  reached: number;
  do_not_call: number;
  used_up: number;
  agents: number;
  agents_idle: number;
  agents_busy: number;
  ringing: number;
  dials_a_minute: number;
  answers_a_minute: number;
  abandoned_a_minute: number;
  next_due: string | null;
  why: string;
}

export interface ZoneRow {
  kind: "zone";
  zone: string;
  state: string;
  /** seconds of the epoch at the server */
  at: number;
  whole: boolean;
  looked: boolean;
  telephony_is_down: boolean;
}

interface Gone {
  kind: "gone";
  zone: string;
  agent: string;
}

/** What a picture consists of; a zone's rows follow its own, and a zone that is not there by `drawn` has gone. */
export type Drawing = ZoneRow | Agent | Gone | Campaign | { kind: "drawn" };

export interface Zone {
  row: ZoneRow;
  /** what the clock here is ahead of the zone's, seconds */
  ahead_s: number;
  agents: ReadonlyMap<string, Agent>;
  campaigns: ReadonlyMap<string, Campaign>;
}

export type Floor = ReadonlyMap<string, Zone>;

export const EMPTY: Floor = new Map();

/** Return the floor after pictures that came at `now`, seconds of the epoch; the one before stays as it was. */
export function drawn(floor: Floor, rows: Iterable<Drawing>, now: number): Floor {
  const zones = new Map<string, Drawn>();
  let before = floor;
  for (const row of rows) {
    if (row.kind === "drawn") {
      before = new Map(zones);
      zones.clear();
      continue;
    }
    let zone = zones.get(row.zone);
    if (zone === undefined) {
      if (row.kind !== "zone") continue;
      zones.set(row.zone, (zone = new Drawn(row, now, before.get(row.zone))));
    }
    if (row.kind === "agent") zone.changing().set(row.agent, row);
    else if (row.kind === "gone") zone.changing().delete(row.agent);
    else if (row.kind === "campaign") zone.campaigns.set(row.campaign, row);
  }
  return before;
}

/** A zone of the picture that is being taken. */
class Drawn implements Zone {
  readonly ahead_s: number;
  agents: ReadonlyMap<string, Agent>;
  campaigns: Map<string, Campaign>;
  #changing: Map<string, Agent> | undefined;

  constructor(
    readonly row: ZoneRow,
    now: number,
    before: Zone | undefined,
  ) {
    this.ahead_s = now - row.at;
    this.agents = (!row.whole && before?.agents) || new Map();
    this.campaigns = new Map(row.looked ? [] : before?.campaigns);
  }

  /** Return the agents for changes, a copy before the first. */
  changing(): Map<string, Agent> {
    return (this.agents = this.#changing ??= new Map(this.agents));
  }
}

/** What an agent does, in one word: the call's state, or without a call whether the agent waits or has a break. */
export type Doing = Exclude<CallState, "NoState" | "Idle"> | "Waiting" | "Break";

export const DOINGS: Doing[] = [
  "Waiting", "Preview", "Callback", "Dialing", "Talking", "Held", "Consult", "ConferenceOwner", "ConferencePassive",
  "Wrapup", "Break",
]; // prettier-ignore

export function doing(agent: Agent): Doing {
  if (agent.call !== "NoState" && agent.call !== "Idle") return agent.call;
  return agent.state === "NotReady" ? "Break" : "Waiting";
}

export const agentsOf = (floor: Floor): Agent[] => [...floor.values()].flatMap((zone) => [...zone.agents.values()]);

/** What of a campaign is in each of its zones alone; the rest is of its whole job. */
const OF_ZONE = [
  "agents", "agents_idle", "agents_busy", "ringing", "dials_a_minute", "answers_a_minute", "abandoned_a_minute",
] as const; // prettier-ignore

/** Return each campaign once, by name, with what it does in all its zones. */
export function campaignsOf(floor: Floor): Campaign[] {
  const found = new Map<string, Campaign>();
  for (const zone of floor.values()) {
    for (const here of zone.campaigns.values()) {
      const other = found.get(here.campaign);
      found.set(here.campaign, other ? together(other, here) : here);
    }
  }
  return [...found.values()].sort((one, other) => (one.campaign < other.campaign ? -1 : 1));
}

function together(one: Campaign, other: Campaign): Campaign {
  const whole = { ...one };
  for (const key of OF_ZONE) whole[key] += other[key];
  if (other.why !== one.why) whole.why = `${one.why}; ${other.zone}: ${other.why}`;
  return whole;
}
