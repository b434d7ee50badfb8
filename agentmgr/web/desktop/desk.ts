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

/** Who is asked, or asks, about the customer. */
export interface Party {
  name: string;
  isAsking: boolean;
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
  notes: string[];
  wrapup?: Wrapup;
  party?: Party;
  /** a callback that the agent has promised, and when it comes, ms of the epoch */
  due?: { sessionId: string; at: number };
  /** when the server goes, ms of the epoch */
  downAt?: number;
  /** what was asked for, and nobody will tell whether it was done */
  unknown: string[];
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
    notes: [],
    unknown: [],
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
    case "AGTConferenceNotify":
      return met(desk, notice.args.contact, notice.args.sessionID, now);
    case "AGTConsultNotify": {
      const { contact, sessionID, requestingAgentId } = notice.args;
      return { ...met(desk, contact, sessionID, now), party: { name: requestingAgentId, isAsking: true } };
    }
    case "AGTConsultPending":
      return say(desk, t("banner.consultPending", { who: notice.args.requestingAgent }));
    case "AGTConsultCancelled": {
      const { party: _, ...alone } = desk;
      return say(alone, t("banner.consultOver"));
    }
    case "AGTConsultDialFailed": {
      const { party: _, ...alone } = desk;
      return say(alone, t("banner.consultFailed", { why: t(`dialFail.${notice.args.dialFailReason}`) }));
    }
    case "AGTTransferNotify":
      return say(met(desk, notice.args.contact, notice.args.sessionID, now), t("banner.transferred"));
    case "AGTConferenceEnded":
      return say(desk, t("banner.conferenceOver"));
    case "AGTConferenceOwnershipChanged":
      return say(met(desk, notice.args.contact, notice.args.sessionID, now), t("banner.owner"));
    case "AGTSessionIDChange":
      return desk.sessionId === notice.args.oldSID ? { ...desk, sessionId: notice.args.newSID } : desk;
    case "AGTAutoReleaseLine":
      return say({ ...desk, wrapup: wrapupOf(notice.args.wrapupDetails, now) }, t("banner.customerLeft"));
    case "AGTDialFailed": {
      const why = t(`dialFail.${notice.args.dialFailReason}`);
      return say({ ...desk, wrapup: wrapupOf(notice.args.wrapupDetails, now) }, t("banner.dialFailed", { why }));
    }
    case "AGTCustomerDetailsChanged": {
      const { attribute } = notice.args;
      const attributes = desk.attributes.map((each) => (each.key === attribute.key ? attribute : each));
      return { ...desk, attributes };
    }
    case "AGTPreviewCallbackPending": {
      const at = Date.parse(`${notice.args.dueTime.replaceAll("/", "-").replace(" ", "T")}Z`);
      return { ...desk, due: { sessionId: notice.args.sessionID, at } };
    }
    case "AGTPreviewCallbackCancelled":
      return say(withoutDue(desk, notice.args.sessionID), t("banner.callbackGone"));
    case "AGTZoneDown":
      return { ...desk, downAt: now + notice.args.gracePeriodInMillis };
    case "AGTBlendedToInbound":
      return say(desk, t("banner.inbound"));
    default:
      return desk;
  }
}

const IN_COMPANY: CallState[] = ["Consult", "ConferenceOwner", "ConferencePassive"];

function say(desk: Desk, text: string): Desk {
  return { ...desk, banner: { kind: "info", text } };
}

function withoutDue(desk: Desk, sessionId: string): Desk {
  if (desk.due?.sessionId !== sessionId) return desk;
  const { due: _, ...rest } = desk;
  return rest;
}

function called(desk: Desk, callState: CallState, now: number): Desk {
  if (callState === desk.callState) return desk;
  const next = { ...desk, callState, since: now };
  if (callState !== "Preview") delete next.dialsAt;
  if (callState === "Talking" && IN_COMPANY.includes(desk.callState)) delete next.party;
  if (callState !== "NoState" && callState !== "Idle") return next;
  if (desk.callState === "Wrapup") delete next.banner;
  const { contact: _, wrapup: __, party: ___, ...free } = next;
  return { ...free, sessionId: "", attributes: [], codes: [], notes: [] };
}

function met(desk: Desk, contact: Contact, sessionId: string, now: number): Desk {
  if (sessionId === desk.sessionId) return { ...desk, contact };
  const next = { ...withoutDue(desk, sessionId), contact, sessionId, attributes: [], codes: [], notes: [] };
  delete next.banner;
  return contact.timed ? { ...next, dialsAt: now + contact.timeout * 1000 } : next;
}
