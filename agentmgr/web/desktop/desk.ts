// What a desktop knows of its agent, and how that changes with what the server says; nothing here waits or sends.

import { t } from "./texts";
import type { Notice } from "./line";
import type {
  AgentState,
  Attribute,
  CallState,
  Capabilities,
  CompletionCode,
  Contact,
  NailupStatus,
  WrapupDetails,
} from "./wire";

export interface Banner {
  kind: "info" | "warning";
  text: string;
}

/** How a wrapup ends by itself; without a time it does not. */
export interface Wrapup {
  endsAt?: number;
  extendable: boolean;
  defaultCode?: CompletionCode;
}

export interface Desk {
  agentState: AgentState;
  callState: CallState;
  nailup: NailupStatus;
  can: Partial<Capabilities>;
  /** since when the call is in its state, ms of the epoch */
  since: number;
  reason: string;
  campaign: string;
  sessionId: string;
  contact?: Contact;
  /** when a timed preview dials, ms of the epoch */
  dialsAt?: number;
  attributes: Attribute[];
  codes: CompletionCode[];
  wrapup?: Wrapup;
  /** when the server goes, ms of the epoch */
  downAt?: number;
  banner?: Banner;
}

/** What holds after a logon, until something else is told. */
export function fresh(now: number): Desk {
  return {
    agentState: "NotReady",
    callState: "NoState",
    nailup: "NotNailedUp",
    can: {},
    since: now,
    reason: "",
    campaign: "",
    sessionId: "",
    attributes: [],
    codes: [],
  };
}

export function wrapupOf(details: WrapupDetails, now: number): Wrapup {
  return {
    ...(details.acwMaxTime > 0 && { endsAt: now + details.acwMaxTime * 1000 }),
    extendable: details.acwExtendable,
    defaultCode: details.defaultCompCode,
  };
}

/** Return the desk after a notification. */
export function told(desk: Desk, notice: Notice, now: number): Desk {
  switch (notice.name) {
    case "AGTStateChangedNotify":
      return { ...desk, agentState: notice.args.agentState };
    case "AGTCallStateChangedNotify":
      return called(desk, notice.args.callState, now);
    case "AGTNailupChange":
      return { ...desk, nailup: notice.args.nailupStatus };
    case "AGTCapabilitiesChanged":
      return { ...desk, can: notice.args.capabilities };
    case "AGTJobAttached":
      return { ...desk, campaign: notice.args.campaignName };
    case "AGTCallNotify":
    case "AGTConsultNotify":
    case "AGTTransferNotify":
    case "AGTConferenceNotify":
    case "AGTConferenceOwnershipChanged":
      return met(desk, notice.args.contact, notice.args.sessionID, now);
    case "AGTSessionIDChange":
      return desk.sessionId === notice.args.oldSID ? { ...desk, sessionId: notice.args.newSID } : desk;
    case "AGTAutoReleaseLine":
      return {
        ...desk,
        wrapup: wrapupOf(notice.args.wrapupDetails, now),
        banner: { kind: "info", text: t("banner.customerLeft") },
      };
    case "AGTDialFailed": {
      const why = t(`dialFail.${notice.args.dialFailReason}`);
      return {
        ...desk,
        wrapup: wrapupOf(notice.args.wrapupDetails, now),
        banner: { kind: "info", text: t("banner.dialFailed", { why }) },
      };
    }
    case "AGTCustomerDetailsChanged": {
      const { attribute } = notice.args;
      const attributes = desk.attributes.map((each) => (each.key === attribute.key ? attribute : each));
      return { ...desk, attributes };
    }
    case "AGTZoneDown":
      return { ...desk, downAt: now + notice.args.gracePeriodInMillis };
    case "AGTBlendedToInbound":
      return { ...desk, banner: { kind: "info", text: t("banner.inbound") } };
    default:
      return desk;
  }
}

function called(desk: Desk, callState: CallState, now: number): Desk {
  if (callState === desk.callState) return desk;
  const next = { ...desk, callState, since: now };
  if (callState !== "Preview") delete next.dialsAt;
  if (callState !== "Wrapup" && callState !== "Dialing") delete next.banner;
  if (callState !== "NoState" && callState !== "Idle") return next;
  const { contact: _, wrapup: __, ...free } = next;
  return { ...free, sessionId: "", attributes: [], codes: [] };
}

function met(desk: Desk, contact: Contact, sessionId: string, now: number): Desk {
  if (sessionId === desk.sessionId) return { ...desk, contact };
  const next = { ...desk, contact, sessionId, attributes: [], codes: [] };
  return contact.timed ? { ...next, dialsAt: now + contact.timeout * 1000 } : next;
}
