// What a supervisor can look at: one module each, and its line here. Its title is the text `view.NAME`.

import type { FunctionComponent } from "preact";
import { Callbacks } from "./callbacks";
import { Campaigns } from "./campaigns";
import { Contacts } from "./contacts";
import { Day } from "./day";
import { Live } from "./live";
import { Compliance, Reports } from "./reports";

/** `path` is what follows the name in the address, as in `#campaigns/Spring`. */
export type View = FunctionComponent<{ path: string[] }>;

export const VIEWS = {
  live: Live,
  day: Day,
  campaigns: Campaigns,
  contacts: Contacts,
  callbacks: Callbacks,
  reports: Reports,
  compliance: Compliance,
} satisfies Record<string, View>;

export type ViewName = keyof typeof VIEWS;
