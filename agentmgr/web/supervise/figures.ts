// What campaigns did over a day, put together for plots; nothing here waits or asks.

export interface Figures {
  campaign: string;
  /** begin of the step, seconds of the epoch */
  at: number;
  agents: number;
  idle: number;
  busy: number;
  ringing: number;
  callbacks_waiting: number;
  dials: number;
  live_answers: number;
  abandoned: number;
}

/** A step of all campaigns that are looked at; null is where nothing can be said. */
export interface Step {
  at: number;
  utilisation: number | null;
  dials: number;
  live_answers: number;
  /** share of the answers of the day until then */
  abandon_rate: number | null;
  lines_per_agent: number | null;
  callbacks_waiting: number;
}

const SUMS = [
  "agents", "idle", "busy", "ringing", "callbacks_waiting", "dials", "live_answers", "abandoned",
] as const; // prettier-ignore

/** Return the steps of a day, one for each time at which any campaign was looked at. */
export function stepsOf(figures: Figures[]): Step[] {
  const at = new Map<number, Figures>();
  for (const figure of figures) {
    const sum = at.get(figure.at);
    if (sum === undefined) at.set(figure.at, { ...figure });
    else for (const name of SUMS) sum[name] += figure[name];
  }
  let answers = 0;
  let abandoned = 0;
  return [...at.values()]
    .sort((one, other) => one.at - other.at)
    .map((sum) => {
      answers += sum.live_answers;
      abandoned += sum.abandoned;
      return {
        at: sum.at,
        utilisation: share(sum.busy, sum.idle + sum.busy),
        dials: sum.dials,
        live_answers: sum.live_answers,
        abandon_rate: share(abandoned, answers),
        lines_per_agent: share(sum.ringing, sum.idle + sum.busy),
        callbacks_waiting: sum.callbacks_waiting,
      };
    });
}

const share = (some: number, of: number): number | null => (of > 0 ? some / of : null);
