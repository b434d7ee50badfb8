// A week of pictures, as fast as they can be taken: prints what the page has at the begin and at the end.

import { drawn, EMPTY, type Drawing } from "../../agentmgr/web/supervise/floor";

declare const gc: () => void;
declare const process: { memoryUsage(): { heapUsed: number }; stdout: { write(text: string): void } };

const WEEK_S = 7 * 86_400;
const STEP_S = 10;
const AGENTS = 500;
const CHANGES = 20;
const zone = { kind: "zone", zone: "North", state: "ok", telephony_is_down: false };

function agent(number: number, at: number): Drawing {
  const id = String(number % AGENTS);
  return { kind: "agent", zone: "North", agent: id, name: `Agent ${id} at ${at}`, since_at: at } as Drawing;
}

/** Each shift logs on and off, so that there are always others. */
function picture(at: number, number: number): Drawing[] {
  const rows = Array.from({ length: CHANGES }, (_, each) => agent(number * CHANGES + each, at));
  const gone = { kind: "gone", zone: "North", agent: String((number * 7) % AGENTS) };
  const campaign = { kind: "campaign", zone: "North", campaign: `Of hour ${Math.floor(at / 3600)}` };
  return [{ ...zone, at, whole: false, looked: true }, ...rows, gone, campaign, { kind: "drawn" }] as Drawing[];
}

function heapMb(): number {
  gc();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

let floor = EMPTY;
let beginMb = 0;
for (let at = 0, number = 0; at < WEEK_S; at += STEP_S, number++) {
  floor = drawn(floor, picture(at, number), at);
  if (at === 3600) beginMb = heapMb();
}
const { agents, campaigns } = floor.get("North")!;
const grown_mb = heapMb() - beginMb;
process.stdout.write(JSON.stringify({ grown_mb, agents: agents.size, campaigns: campaigns.size }));
