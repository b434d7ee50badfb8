// What pages have to know of the place where they are: its zones, and what is said of breaks there.

import { shared } from "./texts";

/** Why an agent is on a break: the code that is counted by, and its name as it is configured. */
export interface Reason {
  code: string;
  name: string;
}

export interface Place {
  zones: string[];
  /** where the managers are, one of which has the agent's zone */
  managers: string[];
  breaks: Reason[];
  away: Reason;
  /** after how many contacts in a row without a touch the agent is taken for gone; 0: never */
  awayAfter: number;
}

export const NOWHERE: Place = { zones: [], managers: [], breaks: [], away: { code: "", name: "" }, awayAfter: 0 };

/** Ask the server; undefined while it cannot be reached. */
export async function readPlace(): Promise<Place | undefined> {
  try {
    return (await (await fetch("desktop/settings")).json()) as Place;
  } catch {
    return undefined;
  }
}

/** Return the name of a reason for people: in their language, or as the house has it. */
export function reasonText(name: string): string {
  return shared.tIf(`aux.${name}`) ?? name;
}
