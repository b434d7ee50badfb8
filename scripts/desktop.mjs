#!/usr/bin/env node
// A desktop for call-centre agents in a terminal, written from protocol/PROTOCOL.md alone.
//
// It is also meant as a pattern for desktops in JavaScript. From top to bottom: the connection (frames,
// commands and their RESPs, heartbeats), the desktop (what holds for one agent, and what a desktop has to
// do by itself), the screen, and the script that CI runs instead of a screen.

import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import { emitKeypressEvents } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { decode, encode } from "@msgpack/msgpack";

// ---------------------------------------------------------------------------------------- connection

const WIRE_VERSION = 1;
const FRAME_MAX = 16000;
const HEARTBEAT_S = 30;
const CONNECT_S = 10;
const RESP_S = 15;

/** A command that the server answered with another result than 0. */
export class Refused extends Error {
  constructor(command, code, text) {
    super(`${command} is refused with ${code}${text ? `: ${text}` : ""}`);
    this.command = command;
    this.code = code;
    this.text = text || this.message;
  }
}

/** Takes bytes as they come, in whatever pieces, and gives the messages that are complete. */
export class FrameReader {
  #bytes = Buffer.alloc(0);

  *read(chunk) {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 4) {
      const length = this.#bytes.readUInt32BE(0);
      if (length < 1 || length > FRAME_MAX) throw new Error(`the server sent a frame of length ${length}`);
      if (this.#bytes.length < 4 + length) return;
      const message = decode(this.#bytes.subarray(4, 4 + length));
      this.#bytes = this.#bytes.subarray(4 + length);
      yield message;
    }
  }
}

export function frame(message) {
  // A field that is undefined is left out: as nil it would be malformed.
  const body = encode(message, { ignoreUndefined: true });
  // The server would close the connection over such a frame.
  if (body.length > FRAME_MAX) throw new RangeError(`${message.name} is too long by ${body.length - FRAME_MAX} bytes`);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

/**
 * One connection. Emits "notification" (name, args, agentID), and "closed" (reason) once, however it ended.
 */
export class Connection extends EventEmitter {
  #socket;
  #reader = new FrameReader();
  #waiting = new Map();
  #nextId = 0;
  #heartbeat;
  #reason;

  static async open(host, port) {
    const socket = connect({ host, port, noDelay: true });
    try {
      await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_S * 1000) });
    } catch (error) {
      socket.destroy();
      const why = error.name === "AbortError" ? `no answer within ${CONNECT_S} s` : error.code ?? error.message;
      throw new Error(`${host}:${port} cannot be reached: ${why}`);
    }
    return new Connection(socket);
  }

  constructor(socket) {
    super();
    this.#socket = socket;
    this.#heartbeat = setInterval(() => this.command("", "POMClientAlive").catch(() => {}), HEARTBEAT_S * 1000);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (error) => (this.#reason ??= error.message));
    socket.on("close", () => this.#closed());
  }

  /** Sends a command and gives the arguments of its RESP. */
  command(agentID, name, args = {}, seconds = RESP_S) {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) throw new Error(`${name}: there is no connection`);
      const id = this.#nextId++;
      this.#socket.write(frame({ name, id, agentID, args }));
      const timer = setTimeout(() => {
        // Without a RESP nobody knows any more what holds: a new connection brings that to light.
        this.close(`no RESP to ${name} within ${seconds} s`);
      }, seconds * 1000);
      this.#waiting.set(id, { name, resolve, reject, timer });
    });
  }

  close(reason = "closed by this desktop") {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #receive(chunk) {
    try {
      for (const message of this.#reader.read(chunk)) this.#take(message);
    } catch (error) {
      this.close(error.message);
    }
  }

  #take({ name, id, agentID = "", args = {} }) {
    if (id === undefined) {
      if (name === "POMConnectionClosed") this.#reason ??= args.reason;
      this.emit("notification", name, args, agentID);
      return;
    }
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (args.result === 0) waiting.resolve(args);
    else waiting.reject(new Refused(waiting.name, args.result));
  }

  #closed() {
    clearInterval(this.#heartbeat);
    const reason = this.#reason ?? "the server closed the connection";
    for (const { name, reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(`${name}: ${reason}`));
    }
    this.#waiting.clear();
    this.emit("closed", reason);
  }
}

// ------------------------------------------------------------------------------------------- desktop

/** What holds after a logon; the server sends only what differs from it. */
const AFTER_LOGON = {
  agentState: "NotReady",
  callState: "NoState",
  nailupStatus: "NotNailedUp",
  capabilities: {},
  campaign: "",
  contact: null,
  sessionID: "",
  consultedBy: "",
  waiting: [], // the agents that wait to consult this one, and the sessionIDs of their contacts
  details: [],
  notes: [],
  wrapup: null,
};

const ALREADY_LOGGED_ON = 7;
const NO_SUCH_ZONE = 12;
const ALREADY_AVAILABLE = 5;
const WRONG_PASSWORD = 17;
const LOGGED_OFF = "logged off";
const RETRY_MAX_S = 15;

/**
 * One agent's desktop: what holds for the agent, and what a desktop does without being asked.
 *
 * Emits "changed" when anything holds that did not before, "news" (text) about what an agent should be told,
 * and "ended" (text) once, when the agent is logged off for good.
 */
export class Desktop extends EventEmitter {
  #connection;
  #asked = false; // whether this connection asked GetAgentStatus: the server still has the agent
  #leaving = false;
  #resumeToken = ""; // in place of the password, when this desktop comes back
  #returning = false;
  #previewTimer;
  #texts = new Map();
  link = "connecting";
  recent = []; // names of the last notifications, for whoever has to find out what went wrong

  constructor({ host, port, zone, agent, password, extension, skill }) {
    super();
    this.address = { host, port };
    this.zone = zone;
    this.agent = agent;
    this.password = password;
    this.extension = extension;
    this.skill = skill;
    Object.assign(this, AFTER_LOGON);
  }

  /** Connects and logs on. A refusal leaves the connection open: logOn can be called again with force. */
  async logOn(force = false) {
    if (this.link !== "open") await this.#open([]);
    try {
      await this.#sendLogon(force);
    } catch (error) {
      // Every Agent Manager knows where the zones are: the other ones are as good to begin with.
      const home = this.directory[this.zone];
      if (error.code !== NO_SUCH_ZONE || !home || this.#isHere(home)) throw error;
      this.#close();
      this.address = { host: home.ipAddress, port: home.port };
      await this.#open([]);
      await this.#sendLogon(force);
    }
  }

  /** Sends a command for the agent; a refusal is thrown with its text. */
  async do(name, args) {
    if (this.link !== "open") throw new Error("there is no connection now; it is being made again");
    try {
      return await this.#connection.command(this.agent, name, args);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new Refused(name, error.code, await this.#explain(error.code));
    }
  }

  /** Sends a command about the contact on the desktop. */
  async withContact(name, args) {
    const resp = await this.do(name, { ...args, sessionID: this.sessionID });
    if (resp.wrapupDetails) this.#beginWrapup(resp.wrapupDetails);
    return resp;
  }

  /** Asks for work. The phone may ring from now on; after the first time, saying so again does no harm. */
  async ready() {
    await this.do("AGTStateChange", { agentState: "Ready" });
    try {
      await this.do("AGTAvailableForNailup");
    } catch (error) {
      if (error.code !== ALREADY_AVAILABLE) throw error;
    }
  }

  async notReady(reasonCode, reasonName) {
    await this.do("AGTStateChange", { agentState: "NotReady", reasonCode, reasonName });
  }

  /** Logs off, at once if the agent is free and after its contact otherwise. */
  async logOff() {
    if (this.agentState === "NotReady" && !this.contact) {
      await this.do("AGTLogoff");
      this.#end(LOGGED_OFF);
    } else {
      this.#leaving = true;
      await this.do("AGTPendingLogout");
    }
  }

  /** Reads what the server has about the customer. */
  async readContact() {
    const { sessionID } = this;
    const [details, notes] = await Promise.all([
      this.withContact("AGTGetCustomerDetails"),
      this.withContact("AGTRefreshAgentNotes"),
    ]);
    if (this.sessionID !== sessionID) return;
    this.details = details.customerDetails?.attributes ?? [];
    this.notes = notes.agentNotes ?? [];
    this.emit("changed");
  }

  /** Waits until something holds, and otherwise says what came instead. */
  until(expected, holds, seconds) {
    return new Promise((resolve, reject) => {
      const done = (error) => {
        clearTimeout(timer);
        this.off("changed", look);
        this.off("ended", ended);
        error ? reject(new Error(error)) : resolve();
      };
      const came = () =>
        `${this.agent} has ${this.agentState}, ${this.callState}, ${this.nailupStatus}; ` +
        `the last notifications were ${this.recent.join(", ") || "none"}`;
      const look = () => holds(this) && done();
      const ended = (reason) => done(`expected ${expected}; agent ${this.agent} was logged off: ${reason}`);
      const timer = setTimeout(() => done(`expected ${expected} within ${seconds} s; ${came()}`), seconds * 1000);
      this.on("changed", look);
      this.on("ended", ended);
      look();
    });
  }

  /** Leaves without logging off; the server keeps the agent's place for a while. */
  leave() {
    clearTimeout(this.#previewTimer);
    this.#close();
  }

  async #open(agentIds) {
    const connection = await Connection.open(this.address.host, this.address.port);
    this.#connection = connection;
    this.#asked = false;
    connection.on("notification", (name, args) => this.#heard(name, args));
    connection.on("closed", (reason) => this.#lost(connection, reason));
    const resp = await connection.command("", "AgentSDKConnected", { agentIds, version: WIRE_VERSION });
    this.directory = resp.zones ?? {};
    this.#setLink("open");
  }

  #close() {
    this.#setLink("closed");
    this.#connection?.close();
  }

  #isHere({ ipAddress, port }) {
    return ipAddress === this.address.host && port === this.address.port;
  }

  async #sendLogon(force) {
    const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions();
    // What the logon brings about comes before its RESP. A refused one leaves all as it was.
    const before = Object.fromEntries(Object.keys(AFTER_LOGON).map((key) => [key, this[key]]));
    Object.assign(this, AFTER_LOGON);
    try {
      const { resumeToken } = await this.do("AGTLogon", {
        agentExt: this.extension,
        pwd: this.password,
        isForce: force,
        locale: locale.replace("-", "_"),
        timeZone,
        zoneName: this.zone,
        // Skills given here replace those that the server knows of the agent.
        ...(this.skill && { agentName: this.agent, agentSkills: [{ name: this.skill }] }),
      });
      this.#resumeToken = resumeToken;
    } catch (error) {
      Object.assign(this, before);
      throw error;
    }
    this.#leaving = false;
    this.emit("changed");
  }

  #setLink(link) {
    this.link = link;
    this.emit("changed");
  }

  async #explain(code) {
    if (!this.#texts.has(code)) {
      // The code says enough where there is no text for it.
      const asked = this.#connection.command("", "AGTGetErrorString", { errorCode: code });
      this.#texts.set(code, await asked.then((resp) => resp.localizedErrorMsg, () => ""));
    }
    return this.#texts.get(code);
  }

  /** The connection ended by itself: make another, and go on where the agent was. */
  async #lost(connection, reason) {
    if (connection !== this.#connection || this.link !== "open") return;
    this.#setLink("lost");
    // Of a connection that is lost while it is made, the attempt below hears by itself.
    if (this.#returning) return;
    this.#returning = true;
    this.emit("news", `connection lost: ${reason}`);
    for (let pause = 1; this.link === "lost"; pause = Math.min(2 * pause, RETRY_MAX_S)) {
      await sleep(pause * 1000);
      if (this.link === "lost") await this.#comeBack();
    }
    this.#returning = false;
  }

  async #comeBack() {
    try {
      await this.#open([this.agent]);
      if (this.#asked) return void this.emit("news", "connected again");
      // The server did not ask what this desktop believes: it does not have the agent any more. Or it has not
      // noticed yet that the old connection is dead, and refuses; then it asks another time.
      await this.#sendLogon(false);
      this.emit("news", "connected again; the server had logged you off");
    } catch (error) {
      this.emit("news", error.message);
      if (error instanceof Refused && error.code !== ALREADY_LOGGED_ON) return this.#end(error.text);
      this.#connection.close();
      if (this.link === "open") this.#setLink("lost");
    }
  }

  #end(reason) {
    this.leave();
    Object.assign(this, AFTER_LOGON);
    this.emit("ended", reason);
  }

  #beginWrapup(details) {
    if (!this.contact) return; // it was handed over, and there is nothing to wrap up
    this.wrapup = { ...details, until: Date.now() + (details.acwMaxTime || Infinity) * 1000 };
    this.emit("changed");
  }

  #newContact(contact, sessionID) {
    // The same contact comes again with a transfer, a conference or its ownership.
    const known = this.sessionID === sessionID;
    Object.assign(this, { contact, sessionID }, known ? {} : { details: [], notes: [], wrapup: null });
  }

  #waitsNoMore(sessionID) {
    this.waiting = this.waiting.filter((other) => other.sessionID !== sessionID);
  }

  /** Times a preview that the desktop is to dial by itself. */
  #timePreview() {
    clearTimeout(this.#previewTimer);
    if (!["Preview", "Callback"].includes(this.callState) || !this.contact?.timed) return;
    this.dialsAt = Date.now() + this.contact.timeout * 1000;
    this.#previewTimer = setTimeout(() => {
      this.#byItself("AGTPreviewDial", { sessionID: this.sessionID, contactNumber: numberToDial(this.contact) });
    }, this.contact.timeout * 1000);
  }

  /** Sends what a desktop sends of its own accord; nobody waits for the RESP. */
  #byItself(name, args) {
    this.do(name, args).catch((error) => this.emit("news", error.message));
  }

  #heard(name, args) {
    this.recent = [...this.recent.slice(-7), name];
    switch (name) {
      case "AGTStateChangedNotify":
        this.agentState = args.agentState;
        break;
      case "AGTCallStateChangedNotify":
        // Told again, without a change, for instance when a consult was not to be.
        if (args.callState !== this.callState) this.since = Date.now();
        this.callState = args.callState;
        if (["NoState", "Idle"].includes(args.callState)) {
          Object.assign(this, { contact: null, sessionID: "", consultedBy: "", details: [], notes: [], wrapup: null });
        }
        this.#timePreview();
        break;
      case "AGTNailupChange":
        this.nailupStatus = args.nailupStatus;
        this.emit("news", `phone: ${NAILUP_WORDS[args.nailupStatus] ?? args.nailupStatus}`);
        if (args.nailupStatus === "PendingNailUp") this.#byItself("AGTReadyForNailup");
        break;
      case "AGTCapabilitiesChanged":
        this.capabilities = args.capabilities;
        break;
      case "AGTJobAttached":
        this.campaign = args.campaignName;
        this.emit("news", `working for campaign ${args.campaignName}`);
        break;
      case "AGTCallNotify":
        this.#newContact(args.contact, args.sessionID);
        this.emit("news", `contact ${args.contact.contactID} of ${args.contact.campaignName}`);
        break;
      case "AGTConsultNotify":
        this.#newContact(args.contact, args.sessionID);
        this.consultedBy = args.requestingAgentId;
        this.#waitsNoMore(args.sessionID);
        this.emit("news", `agent ${args.requestingAgentId} consults you`);
        break;
      case "AGTConsultPending":
        // The sessionID is that of the other agent's contact, not of one's own.
        this.waiting = [...this.waiting, { agent: args.requestingAgentID, sessionID: args.sessionID }];
        this.emit("news", `${args.requestingAgent} (${args.requestingAgentID}) waits to consult you`);
        break;
      case "AGTPendingConsultComplete":
        this.emit("news", "the consult begins");
        break;
      case "AGTConsultCancelled":
        this.#waitsNoMore(args.sessionID);
        this.emit("news", args.requestingAgentId ? `agent ${args.requestingAgentId} ended the consult` : "the consult is over");
        break;
      case "AGTConsultDialFailed":
        this.emit("news", `the consult failed: ${args.dialFailReason}`);
        break;
      case "AGTTransferNotify":
        this.#newContact(args.contact, args.sessionID);
        this.emit("news", "the customer is transferred to you");
        break;
      case "AGTConferenceNotify":
        this.#newContact(args.contact, args.sessionID);
        this.emit("news", "you are in a conference with the customer");
        break;
      case "AGTConferenceOwnershipChanged":
        this.#newContact(args.contact, args.sessionID);
        this.emit("news", "the conference is yours now");
        break;
      case "AGTConferenceEnded":
        this.emit("news", "the conference is over");
        break;
      case "AGTAutoReleaseLine":
        this.#beginWrapup(args.wrapupDetails);
        this.emit("news", "the customer hung up");
        break;
      case "AGTDialFailed":
        this.#beginWrapup(args.wrapupDetails);
        this.emit("news", `not connected: ${args.dialFailReason}`);
        break;
      case "AGTPreviewCallbackPending":
        this.emit("news", `a callback is due at ${args.dueTime} UTC`);
        break;
      case "AGTPreviewCallbackCancelled":
        this.emit("news", "the callback has expired");
        break;
      case "AGTCustomerDetailsChanged":
        this.details = this.details.map((known) => (known.key === args.attribute.key ? args.attribute : known));
        this.emit("news", `${args.attribute.key} was changed`);
        break;
      case "AGTSessionIDChange":
        if (this.sessionID === args.oldSID) this.sessionID = args.newSID;
        break;
      case "AGTBlendedToInbound":
        this.emit("news", "you work for inbound now");
        break;
      case "AGTBlendedToOutbound":
        this.emit("news", "you work for outbound now");
        break;
      case "AGTZoneDown":
        this.emit("news", `zone ${args.zoneName} goes down in ${Math.round(args.gracePeriodInMillis / 1000)} s`);
        break;
      case "AGTAgentLoggedOut":
        this.#end(this.#leaving ? LOGGED_OFF : "logged off by the server");
        return;
      case "GetAgentStatus": {
        const { agentState, callState, nailupStatus } = this;
        this.#asked = true;
        this.#connection
          .command(this.agent, "GetAgentStatusResponse", {
            status: { agentState, callState, nailupStatus },
            resumeToken: this.#resumeToken,
          })
          .then(({ resumeToken }) => (this.#resumeToken = resumeToken ?? this.#resumeToken))
          .catch((error) => this.emit("news", error.message));
        break;
      }
      // All others, those of newer servers among them, change nothing that is shown here.
    }
    this.emit("changed");
  }
}

const numberToDial = ({ contactNumbers = [] }) => contactNumbers.find(({ isDefault }) => isDefault) ?? contactNumbers[0];

const NAILUP_WORDS = {
  NotNailedUp: "not connected",
  PendingNailUp: "about to ring",
  NailedUp: "connected",
  PendingNailUpDrop: "being let go",
  NailingLost: "line lost",
};

// ------------------------------------------------------------------------------------------- actions

/** The desktop's own: the server takes any reason. */
const BREAKS = [
  ["1", "Break"],
  ["2", "Lunch"],
  ["3", "Meeting"],
  ["4", "Training"],
];
const NUMBER_TYPED = "ExternalNumber";

const during = (desktop, ...states) => states.includes(desktop.callState);
const labelled = (numbers) =>
  numbers.map((number) => ({ value: number, label: `${number.number}  ${number.name}${number.isDefault ? " (default)" : ""}` }));

/**
 * Everything an agent can do: its key, what it is called, when the server takes it, and how it is done.
 * `ask` and `choose` give undefined when the agent thinks better of it.
 */
const ACTIONS = [
  { key: "r", label: "ready", when: (d) => d.capabilities.ready, run: (d) => d.ready() },
  {
    key: "b",
    label: "break",
    when: (d) => d.capabilities.notReady,
    async run(d, { choose }) {
      const reason = await choose("Why", BREAKS.map((value) => ({ value, label: value[1] })));
      if (reason) await d.notReady(...reason);
    },
  },
  { key: "h", label: "hold", when: (d) => d.capabilities.hold, run: (d) => d.withContact("AGTHoldCall") },
  { key: "h", label: "take off hold", when: (d) => d.capabilities.unhold, run: (d) => d.withContact("AGTUnholdCall") },
  { key: "x", label: "end call", when: (d) => d.capabilities.release, run: (d) => d.withContact("AGTReleaseLine") },
  {
    key: "c",
    label: "consult",
    when: (d) => during(d, "Talking") && (d.capabilities.transfer || d.capabilities.conference),
    run: consult,
  },
  {
    key: "t",
    label: "transfer",
    when: (d) => during(d, "Consult") && d.capabilities.transfer,
    run: (d) => d.withContact("AGTCompleteTransfer"),
  },
  {
    key: "f",
    label: "conference",
    when: (d) => during(d, "Consult") && d.capabilities.conference,
    run: (d) => d.withContact("AGTStartConf"),
  },
  { key: "q", label: "end consult", when: (d) => d.capabilities.leaveConsult, run: (d) => d.withContact("AGTCancelConsult") },
  { key: "e", label: "end conference", when: (d) => d.capabilities.endConference, run: (d) => d.withContact("AGTEndConf") },
  { key: "e", label: "leave conference", when: (d) => d.capabilities.leaveConference, run: (d) => d.withContact("AGTEndConf") },
  {
    key: "o",
    label: "give conference away",
    when: (d) => d.capabilities.changeOwnership,
    run: (d) => d.withContact("AGTConfChangeOwnership"),
  },
  {
    key: "d",
    label: "digits",
    when: (d) => d.capabilities.sendDTMF,
    async run(d, { ask }) {
      const digits = await ask("Digits (0-9 A-D * #)");
      for (const dtmf of (digits ?? "").toUpperCase().replaceAll(" ", "")) await d.withContact("AGTSendDTMF", { dtmf });
    },
  },
  {
    key: "p",
    label: "dial",
    when: (d) => d.capabilities.originate && during(d, "Preview", "Callback"),
    async run(d, dialog) {
      const contactNumber = await chooseNumber(d, dialog);
      if (contactNumber) await d.withContact("AGTPreviewDial", { contactNumber });
    },
  },
  {
    key: "q",
    label: "decline",
    when: (d) => during(d, "Preview", "Callback") && d.contact?.canCancel,
    run: (d) => d.withContact("AGTPreviewCancel"),
  },
  {
    key: "w",
    label: "wrap up",
    when: (d) => d.capabilities.disposition,
    async run(d, { choose }) {
      const { completionCodesList = [] } = await d.withContact("AGTGetCompCodes");
      const completionCode = await choose("Completion code", completionCodesList.map((value) => ({ value, label: value.codeValue })));
      if (completionCode) await d.withContact("AGTWrapupContact", { completionCode });
    },
  },
  {
    key: "m",
    label: "more time",
    when: (d) => during(d, "Wrapup") && d.wrapup?.acwExtendable,
    run: (d) => d.withContact("AGTExtendWrapup"),
  },
  {
    key: "p",
    label: "dial again",
    when: (d) => d.capabilities.originate && during(d, "Wrapup"),
    async run(d, dialog) {
      const contactNumber = await chooseNumber(d, dialog);
      if (contactNumber) await d.do("AGTRedial", { contactNumber });
    },
  },
  { key: "k", label: "call back", when: (d) => d.capabilities.createCallback, run: callBack },
  {
    key: "n",
    label: "note",
    when: (d) => d.contact,
    async run(d, { ask }) {
      const agentNote = await ask("Note");
      if (!agentNote) return;
      await d.do("AGTAddAgentNote", { agentNote });
      await d.readContact();
    },
  },
  {
    key: "s",
    label: "set attribute",
    when: (d) => d.capabilities.updateRecord && d.details.some(writable),
    async run(d, { ask, choose }) {
      const attribute = await choose(
        "Attribute",
        d.details.filter(writable).map((value) => ({ value, label: `${value.key}: ${shown(value)}` })),
      );
      const known = attribute?.attributeType === "MASKED_WRITE" ? "" : attribute?.value;
      const value = attribute && (await ask(attribute.key, known));
      if (value === undefined) return;
      await d.withContact("AGTSetCustomerDetail", { keyValuePair: { key: attribute.key, value } });
      await d.readContact();
    },
  },
  {
    key: "v",
    label: "view all",
    when: (d) => d.details.length > 0,
    run: (d, { choose }) => choose("All of the customer", d.details.map((item) => ({ value: item, label: `${item.key}: ${shown(item)}` }))),
  },
  {
    key: "z",
    label: "do not call",
    when: (d) => d.contact,
    async run(d, { choose, tell }) {
      const numbers = d.contact.contactNumbers.map(({ name, number }) => ({ key: name, value: number }));
      const addresses = [...numbers, ...d.details.filter(({ value = "" }) => /^[^@\s]+@[^@\s]+$/.test(value))];
      const address = await choose("Never call again", addresses.map((value) => ({ value, label: `${value.value}  ${value.key}` })));
      if (!address) return;
      await d.do("AGTAddToDNC", { addressList: [{ key: address.key, value: address.value }] });
      tell(`${address.value} is on the do-not-call list`);
    },
  },
  {
    key: "l",
    label: "log off",
    when: () => true,
    async run(d, { choose, tell }) {
      // Asked, because it cannot be taken back and one key is typed by mistake soon.
      const when = d.contact ? "as soon as this contact is over" : "now";
      if (!(await choose("Log off", [{ value: true, label: when }]))) return;
      if (d.contact) tell("you are logged off as soon as this contact is over");
      await d.logOff();
    },
  },
];

const writable = ({ attributeType }) => ["WRITE", "MASKED_WRITE"].includes(attributeType);
const shown = ({ value = "", attributeType }) => (attributeType === "MASKED_WRITE" ? value.replace(/./gu, "*") : value);

async function chooseNumber(desktop, { ask, choose }) {
  const { contactNumbers, canEnterFreeFormNumber } = desktop.contact;
  const other = canEnterFreeFormNumber ? [{ value: NUMBER_TYPED, label: "another number" }] : [];
  const number = await choose("Which number", [...labelled(contactNumbers), ...other]);
  if (number !== NUMBER_TYPED) return number;
  const typed = await ask("Number, with + and the country", "+");
  return typed && { name: NUMBER_TYPED, number: typed };
}

async function consult(desktop, { ask, choose, tell }) {
  const { destinationTypes, allowFreeForm } = await desktop.withContact("AGTGetConsultTypes");
  const items = [];
  for (const destinationType of destinationTypes) {
    // That there is nobody of one type is told by a refusal, and the other type may have somebody.
    const resp = await desktop.withContact("AGTGetConsultDestsForType", { destinationType }).catch(() => ({}));
    for (const value of resp.destinations ?? []) {
      const about = [value.destinationName, value.presence, value.state].filter(Boolean).join(", ");
      items.push({ value, label: `${value.destinationValue}  ${about}` });
    }
  }
  if (allowFreeForm) items.push({ value: NUMBER_TYPED, label: "another number" });
  if (!items.length) throw new Error("nobody can be consulted now");
  let destination = await choose("Consult whom", items);
  if (destination === NUMBER_TYPED) {
    const destinationValue = await ask("Number, with + and the country", "+");
    destination = destinationValue && { destinationType: "External", destinationValue };
  }
  if (!destination) return;
  await desktop.withContact("AGTConsultCall", { destination });
  tell(`${destination.destinationValue} is asked; the customer hears nothing of it`);
}

async function callBack(desktop, { ask, choose, tell }) {
  const { callbackTypes = [], defaultExpiryTime } = await desktop.withContact("AGTGetCallbackTypes");
  const callbackType = await choose("Who calls back", callbackTypes.map((value) => ({ value, label: CALLBACK_WORDS[value] ?? value })));
  if (!callbackType) return;
  let callbackDest;
  if (callbackType !== "Standard") {
    const { callbackDests = [] } = await desktop.withContact("AGTGetCallbackDestsForType", { callbackType });
    callbackDest = await choose(
      "Deliver to",
      callbackDests.map((value) => ({ value, label: [value.destinationValue, value.destinationName].filter(Boolean).join("  ") })),
    );
    if (!callbackDest) return;
  }
  const contactNumber = await choose("Which number", labelled(desktop.contact.contactNumbers));
  const typed = contactNumber && (await ask("When: +minutes, or yyyy/MM/dd HH:mm in your time", "+60"));
  if (!typed) return;
  const callbackTime = inUtc(typed);
  const agentNotes = await ask("Notes for it");
  if (agentNotes === undefined) return;
  await desktop.withContact("AGTCreateCallback", {
    callbackType,
    callbackTime,
    callbackExpiryTime: defaultExpiryTime,
    contactNumber,
    callbackDest,
    agentNotes,
  });
  tell(`a callback is planned for ${callbackTime} UTC`);
}

const CALLBACK_WORDS = { Standard: "any agent", Agent: "a certain agent", Campaign: "a campaign" };

/** A time as agents type it, as the wire has it. */
function inUtc(typed) {
  const minutes = /^\+(\d{1,6})$/.exec(typed);
  const local = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d)$/.exec(typed);
  const time = minutes
    ? new Date(Date.now() + minutes[1] * 60_000)
    : new Date(local ? `${local[1]}-${local[2]}-${local[3]}T${local[4]}` : NaN);
  if (Number.isNaN(time.getTime())) throw new Error(`${typed} is no time: +30, or 2026/03/02 10:30`);
  return time.toISOString().slice(0, 16).replaceAll("-", "/").replace("T", " ");
}

// -------------------------------------------------------------------------------------------- screen

const CSI = "\x1b[";
const STYLES = { bold: 1, dim: 2, reverse: 7, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 };
const style = (text, ...names) => `${CSI}${names.map((name) => STYLES[name]).join(";")}m${text}${CSI}0m`;

const AGENT_STATE_STYLES = { Ready: "green", PendingNotReady: "yellow", NotReady: "red" };
const CALL_STATE_STYLES = { Idle: "dim", NoState: "dim", Talking: "green", Held: "yellow", Wrapup: "magenta" };
const CALL_STATE_WORDS = {
  NoState: "no contact",
  Idle: "no contact",
  Preview: "preview",
  Callback: "callback",
  Dialing: "dialling",
  Talking: "talking",
  Held: "customer on hold",
  Consult: "consult",
  ConferenceOwner: "conference, yours",
  ConferencePassive: "conference",
  Wrapup: "wrap-up",
};
const AGENT_STATE_WORDS = { Ready: "READY", NotReady: "NOT READY", PendingNotReady: "NOT READY AFTER THIS" };
const LEFT = "left without logging off";
const LOG_LINES = 4;
const LOG_KEPT = 100;

/** What came from outside must not steer the terminal. */
const plain = (text) => String(text).replace(/[\p{Cc}\p{Cf}]/gu, "\u00b7");
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const widthOf = (text) => [...text].reduce((sum, char) => sum + (/\p{Mn}/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1), 0);

/** A text of exactly this many columns. */
function fit(text, columns) {
  let kept = plain(text);
  if (widthOf(kept) > columns) {
    const chars = [...kept];
    while (widthOf(chars.join("")) > columns - 1) chars.pop();
    kept = `${chars.join("")}\u2026`;
  }
  return kept + " ".repeat(Math.max(0, columns - widthOf(kept)));
}

const duration = (ms) => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** One line that is being typed. */
class Input {
  constructor(label, text = "", secret = false) {
    Object.assign(this, { label, secret, chars: [...text], at: [...text].length });
  }

  get text() {
    return this.chars.join("");
  }

  key(char, { name, ctrl, meta }) {
    if (name === "left") this.at = Math.max(0, this.at - 1);
    else if (name === "right") this.at = Math.min(this.chars.length, this.at + 1);
    else if (name === "home" || (ctrl && name === "a")) this.at = 0;
    else if (name === "end" || (ctrl && name === "e")) this.at = this.chars.length;
    else if (name === "backspace") this.#remove(this.at - 1);
    else if (name === "delete") this.#remove(this.at);
    else if (ctrl && name === "u") this.chars.splice(0, this.at), (this.at = 0);
    else if (char && !ctrl && !meta && !/\p{Cc}/u.test(char)) this.chars.splice(this.at++, 0, char);
  }

  #remove(index) {
    if (index < 0 || index >= this.chars.length) return;
    this.chars.splice(index, 1);
    this.at = index;
  }
}

/** The terminal: draws what holds, and turns keys into actions. */
export class Screen {
  #desktop;
  #log = [];
  #drawn = [];
  #prompt = null; // { input, resolve, about: a contact's id }, and of a choice { items, heading }
  #busy = false;
  #drawing = false;
  #read = "";
  #warned = false;
  #leave;

  constructor(desktop) {
    this.#desktop = desktop;
    this.left = new Promise((resolve) => (this.#leave = resolve));
    desktop.on("changed", () => this.#changed());
    desktop.on("news", (text) => this.tell(text));
  }

  start() {
    // A lone Escape is told from the beginning of an arrow key by the pause after it.
    emitKeypressEvents(process.stdin, { escapeCodeTimeout: 50 });
    process.stdin.setRawMode(true);
    process.stdin.on("keypress", (char, key) => this.#key(char, key));
    process.stdout.on("resize", () => this.#draw(true));
    process.stdout.write(`${CSI}?1049h`);
    this.clock = setInterval(() => this.#draw(), 1000);
    this.#draw();
  }

  stop() {
    if (!this.clock) return;
    clearInterval(this.clock);
    this.clock = null;
    process.stdin.setRawMode(false);
    process.stdin.pause();
    process.stdout.write(`${CSI}?25h${CSI}?1049l`);
  }

  tell = (text, ...styles) => {
    const time = new Date().toTimeString().slice(0, 8);
    this.#log = [...this.#log, { time, text, styles }].slice(-LOG_KEPT);
    this.#draw();
  };

  ask = (label, text, secret) => this.#open(new Input(label, text, secret));

  choose = (label, items) => {
    if (!items.length) throw new Error(`${label}: there is nothing to choose from`);
    return this.#open(new Input("Choice"), items, label);
  };

  /** Runs what may be refused, and tells the refusal. */
  async attempt(run) {
    this.#busy = true;
    try {
      await run();
    } catch (error) {
      this.tell(error instanceof Refused ? error.text : error.message, "red");
    } finally {
      this.#busy = false;
      this.#draw();
    }
  }

  #open(input, items, heading) {
    if (this.#prompt) this.#answer(undefined);
    return new Promise((resolve) => {
      this.#prompt = { input, items, heading, resolve, about: this.#desktop.contact?.contactID };
      this.#draw();
    });
  }

  #answer(value) {
    const { resolve } = this.#prompt;
    this.#prompt = null;
    resolve(value);
    this.#draw();
  }

  #changed() {
    const desktop = this.#desktop;
    // What was asked about one customer must not be answered about the next one.
    if (this.#prompt?.about && this.#prompt.about !== desktop.contact?.contactID) {
      const { text } = this.#prompt.input;
      this.#answer(undefined);
      this.tell(`the contact is over${text ? `; not sent: ${text}` : ""}`, "yellow");
    }
    if (desktop.sessionID !== this.#read) {
      this.#read = desktop.sessionID;
      if (desktop.contact) desktop.readContact().catch((error) => this.tell(error.message, "red"));
    }
    this.#draw();
  }

  get #actions() {
    return this.#desktop.link === "open" ? ACTIONS.filter(({ when }) => when(this.#desktop)) : [];
  }

  #key(char, key) {
    if (key.ctrl && key.name === "c") return this.#interrupt();
    if (this.#prompt) return this.#promptKey(char, key);
    if (this.#busy || !char) return;
    const action = this.#actions.find((candidate) => candidate.key === char);
    if (action) this.attempt(() => action.run(this.#desktop, this));
    else this.tell(`"${char}" does nothing now`, "dim");
  }

  #promptKey(char, key) {
    const { input, items } = this.#prompt;
    if (key.name === "escape") return this.#answer(undefined);
    if (key.name === "return" || key.name === "enter") {
      return items ? this.#chosen(this.#matches()[0]) : this.#answer(input.text.trim());
    }
    input.key(char, key);
    // With few items the number alone is enough.
    if (items && items.length < 10 && /^[1-9]$/.test(input.text)) return this.#chosen(this.#matches()[0]);
    this.#draw();
  }

  #chosen(item) {
    if (item) this.#answer(item.value);
  }

  /** The items that fit what was typed: a number, or a part of the label. */
  #matches() {
    const { input, items } = this.#prompt;
    const numbered = items.map((item, index) => ({ ...item, number: index + 1 }));
    const typed = input.text.trim().toLowerCase();
    const byNumber = numbered.filter(({ number }) => String(number) === typed);
    return byNumber.length ? byNumber : numbered.filter(({ label }) => label.toLowerCase().includes(typed));
  }

  #interrupt() {
    if (this.#prompt) return this.#answer(undefined);
    if (this.#warned || this.#desktop.link !== "open") return this.#leave(LEFT);
    this.#warned = true;
    this.tell("l logs off; Ctrl-C once more leaves without logging off", "yellow");
  }

  /** Draws in a moment, so that what comes together is drawn once. */
  #draw(all = false) {
    if (all) this.#drawn = [];
    if (this.#drawing || !this.clock) return;
    this.#drawing = true;
    setImmediate(() => {
      this.#drawing = false;
      this.#write();
    });
  }

  #write() {
    const { columns = 80, rows = 24 } = process.stdout;
    const lines = this.#lines(columns, rows);
    let out = `${CSI}?25l`;
    // Lines that are the same stay untouched: no flicker, and little to send over a slow line.
    lines.forEach((line, row) => {
      if (line !== this.#drawn[row]) out += `${CSI}${row + 1};1H${line}${CSI}0m${CSI}K`;
    });
    this.#drawn = lines;
    if (this.#prompt) {
      const { label, chars, at, secret } = this.#prompt.input;
      const before = secret ? "" : chars.slice(0, at).join("");
      out += `${CSI}${rows};${Math.min(columns, widthOf(`${label}: ${before}`) + 2)}H${CSI}?25h`;
    }
    process.stdout.write(out);
  }

  #lines(columns, rows) {
    const rule = style("\u2500".repeat(columns), "dim");
    const head = [this.#title(columns), this.#states(columns), rule];
    const foot = [rule, ...this.#logLines(columns), rule, ...this.#keys(columns), this.#inputLine(columns)];
    const height = Math.max(0, rows - head.length - foot.length);
    const body = this.#prompt?.items ? this.#choices(columns, height) : this.#contact(columns, height);
    return [...head, ...body, ...Array(Math.max(0, height - body.length)).fill(""), ...foot];
  }

  #title(columns) {
    const { agent, zone, extension, campaign, link } = this.#desktop;
    const left = ` Agent ${agent}   zone ${zone}   phone ${extension}${campaign ? `   campaign ${campaign}` : ""}`;
    const right = `${link === "open" ? "" : `${link.toUpperCase()}  `}${new Date().toTimeString().slice(0, 8)} `;
    return style(fit(left, columns - right.length) + right, "reverse");
  }

  #states(columns) {
    const { agentState, callState, nailupStatus, since, wrapup, dialsAt, contact, waiting } = this.#desktop;
    const agent = AGENT_STATE_WORDS[agentState] ?? agentState;
    const waits = agentState === "Ready" && callState === "Idle";
    const parts = [waits ? "waiting for a contact" : CALL_STATE_WORDS[callState] ?? callState];
    if (contact && since) parts.push(duration(Date.now() - since));
    if (callState === "Wrapup" && wrapup?.acwMaxTime) parts.push(`(${duration(wrapup.until - Date.now())} left)`);
    if (["Preview", "Callback"].includes(callState) && contact?.timed) parts.push(`(dials in ${duration(dialsAt - Date.now())})`);
    const phone = `phone ${NAILUP_WORDS[nailupStatus] ?? nailupStatus}`;
    if (waiting.length) parts.push(`  ${waiting.map((other) => other.agent).join(", ")} waits to consult`);
    const call = fit(parts.join(" "), columns - agent.length - phone.length - 8);
    return (
      ` ${style(agent, "bold", AGENT_STATE_STYLES[agentState] ?? "bold")}   ` +
      `${style(call, CALL_STATE_STYLES[callState] ?? "cyan")}   ${style(phone, nailupStatus === "NailedUp" ? "green" : "dim")}`
    );
  }

  #contact(columns, height) {
    const { contact, details, notes, consultedBy } = this.#desktop;
    if (!contact) return ["", style(" No contact.", "dim")];
    const values = Object.fromEntries(details.map((attribute) => [attribute.key, attribute.value]));
    const name = [values.FirstName, values.LastName].filter(Boolean).join(" ") || contact.contactID;
    const from = `${contact.contactType} contact ${contact.contactID}, list ${contact.contactListName}`;
    const by = consultedBy ? `, from agent ${consultedBy}` : "";
    const lines = [` ${style(fit(name, 28), "bold")} ${style(fit(from + by, columns - 31), "dim")}`];
    const wide = Math.floor(columns * 0.58);
    const above = new Set([...contact.contactNumbers.map(({ number }) => number), contact.contactID, values.FirstName, values.LastName]);
    const left = [
      ...contact.contactNumbers.map((item) => [item.name, `${item.number}${item.isDefault ? "  (default)" : ""}`]),
      ...(contact.callbackNotes ? [["Callback", contact.callbackNotes]] : []),
      ...(contact.scriptURL ? [["Script", contact.scriptURL]] : []),
      // Empty ones, and those above, would push the rest off the screen.
      ...details.filter(({ value }) => value && !above.has(value)).map((item) => [item.key, shown(item)]),
    ];
    if (left.length > height - 1) left.splice(height - 2, Infinity, ["", `and ${left.length - height + 2} more: v shows all`]);
    const leftLines = left.map(([key, value]) => `${style(fit(key, 20), "cyan")} ${fit(value, wide - 23)}`);
    const right = [style("Notes", "cyan"), ...(notes.length ? notes.slice(-height + 2) : ["none"]).map((note) => fit(note, columns - wide - 3))];
    for (let row = 0; row < Math.min(height - 1, Math.max(leftLines.length, right.length)); row++) {
      lines.push(` ${leftLines[row] ?? " ".repeat(wide - 2)} ${style("\u2502", "dim")} ${right[row] ?? ""}`);
    }
    return lines;
  }

  #choices(columns, height) {
    const matches = this.#matches();
    const kept = matches.length > height - 2 ? matches.slice(0, height - 3) : matches;
    const lines = kept.map(({ number, label }) => ` ${style(String(number).padStart(4), "bold")}  ${fit(label, columns - 8)}`);
    if (kept.length < matches.length) lines.push(style(`       and ${matches.length - kept.length} more: type a part of the name`, "dim"));
    if (!matches.length) lines.push(style("       none fits what was typed", "dim"));
    return [style(` ${fit(this.#prompt.heading, columns - 2)}`, "bold"), "", ...lines];
  }

  #logLines(columns) {
    const last = this.#log.slice(-LOG_LINES);
    const lines = last.map(({ time, text, styles }) => ` ${style(time, "dim")}  ${style(fit(text, columns - 12), ...(styles.length ? styles : ["bold"]))}`);
    return [...Array(LOG_LINES - lines.length).fill(""), ...lines];
  }

  /** The keys that do something now, in as many lines as they take. */
  #keys(columns) {
    if (this.#prompt) return [style(this.#prompt.items ? " number or part of the name, Enter   Esc cancels" : " Enter sends   Esc cancels", "dim"), ""];
    const lines = [[]];
    let used = 0;
    for (const { key, label } of this.#actions) {
      const width = key.length + label.length + 4;
      if (used + width > columns) {
        lines.push([]);
        used = 0;
      }
      lines.at(-1).push(` ${style(key, "bold", "cyan")} ${label} `);
      used += width;
    }
    if (lines.length < 2) lines.push([]);
    return lines.map((line) => line.join(" "));
  }

  #inputLine(columns) {
    if (!this.#prompt) return "";
    const { label, text, secret } = this.#prompt.input;
    return ` ${style(label, "bold")}: ${fit(secret ? "" : text, columns - widthOf(label) - 4)}`;
  }
}

/** Until the agent is logged off: one logon after the other, if the server ends one. */
async function interactive(desktop, force) {
  if (!process.stdin.isTTY || !process.stdout.isTTY) throw new Error("this needs a terminal; without one use --script");
  const screen = new Screen(desktop);
  const ended = () => new Promise((resolve) => desktop.once("ended", resolve));
  screen.start();
  process.on("exit", () => screen.stop());
  process.on("SIGTERM", () => process.exit(143));
  for (;;) {
    const end = ended();
    await logOnAtScreen(desktop, screen, force);
    const reason = await Promise.race([end, screen.left]);
    desktop.leave();
    const again =
      reason !== LOGGED_OFF && reason !== LEFT && (await screen.choose(`You are not logged on any more: ${reason}`, [{ value: true, label: "log on again" }, { value: false, label: "end" }]));
    if (again) continue;
    screen.stop();
    console.log(`agent ${desktop.agent}: ${reason}`);
    return;
  }
}

async function logOnAtScreen(desktop, screen, force) {
  for (;;) {
    desktop.password ??= await screen.ask("Password", "", true);
    if (desktop.password === undefined) throw new Error("not logged on");
    try {
      await desktop.logOn(force);
      screen.tell("logged on; r asks for work");
      return;
    } catch (error) {
      if (error.code === WRONG_PASSWORD) {
        screen.tell(error.text, "red");
        desktop.password = undefined;
      } else if (error.code === ALREADY_LOGGED_ON) {
        force = await screen.choose(`Agent ${desktop.agent} is logged on at another desktop`, [
          { value: true, label: "take over: what the agent does there is ended" },
          { value: false, label: "leave it" },
        ]);
        if (!force) throw new Error("not logged on");
      } else throw error;
    }
  }
}

// -------------------------------------------------------------------------------------------- script

/**
 * A contact from end to end, without an agent: for CI, and to try a server.
 *
 * A second desktop, on a connection of its own, is who gets consulted. It works for the same campaigns, so it
 * may have a customer just then; it ends that contact first, and the consult waits for it.
 */
async function script(first, second, { finish, code, force, limit }) {
  const began = Date.now();
  const steps = [];
  const step = async (what, run) => {
    try {
      const result = await run();
      steps.push(what);
      return result;
    } catch (error) {
      throw new Error(`${what}: ${error.message}`);
    }
  };
  const called = (desktop, states) => desktop.until(states.join(" or "), () => states.includes(desktop.callState), limit);

  await step("log on", () => first.logOn(force));
  await step("ready", () => first.ready());
  await step("nailed up", () => first.until("NailedUp", () => first.nailupStatus === "NailedUp", limit));
  await step("contact", () => called(first, ["Talking", "Preview", "Callback"]));
  if (first.callState !== "Talking") {
    await step("dial", () => first.withContact("AGTPreviewDial", { contactNumber: numberToDial(first.contact) }));
    await step("talk", () => called(first, ["Talking"]));
  }
  const { contact } = first;
  await step("customer", async () => {
    await first.readContact();
    if (!first.details.length) throw new Error("expected attributes of the customer; none came");
  });
  await step("note", () => first.do("AGTAddAgentNote", { agentNote: "from scripts/desktop.mjs" }));
  await step("hold", async () => {
    await first.withContact("AGTHoldCall");
    await called(first, ["Held"]);
  });
  await step("unhold", async () => {
    await first.withContact("AGTUnholdCall");
    await called(first, ["Talking"]);
  });

  // Logged on only now, so that the first contact is surely the first desktop's.
  await step("second desktop", async () => {
    await second.logOn(force);
    await second.ready();
    await second.until("NailedUp and Idle or Talking", (d) => d.nailupStatus === "NailedUp" && d.callState !== "NoState", limit);
  });
  // Both get no further contact from now on.
  await step("not ready", () => first.notReady("1", "Break"));
  await step("consult", async () => {
    const destination = { destinationType: "Agent", destinationValue: second.agent };
    await first.withContact("AGTConsultCall", { destination });
    await second.until("AGTConsultNotify or AGTConsultPending", (d) => d.waiting.length || d.consultedBy, limit);
    if (!second.consultedBy) {
      if (second.callState !== "Wrapup") {
        await called(second, ["Talking"]);
        await second.withContact("AGTReleaseLine");
      }
      await wrapUp(second, code);
    }
    await called(second, ["Consult"]);
    await called(first, ["Consult"]);
  });
  await step("second desktop not ready", () => second.notReady("1", "Break"));
  await FINISHES[finish](first, second, step, called);

  // Whoever has the customer now, and in a transfer the other one if it may dispose too.
  for (const desktop of [first, second]) {
    if (desktop.callState === "Talking") {
      await step(`release by ${desktop.agent}`, () => desktop.withContact("AGTReleaseLine"));
      await step(`wrap up by ${desktop.agent}`, () => wrapUp(desktop, code));
    } else if (desktop.callState === "Wrapup") {
      await step(`wrap up by ${desktop.agent}`, () => wrapUp(desktop, code));
    }
    await step(`log off ${desktop.agent}`, async () => {
      await desktop.until("NotReady without a contact", (d) => d.agentState === "NotReady" && !d.contact, limit);
      await desktop.logOff();
    });
  }
  return {
    ok: true,
    agent: first.agent,
    second: second.agent,
    campaign: contact.campaignName,
    contact: contact.contactID,
    finish,
    steps,
    seconds: (Date.now() - began) / 1000,
  };
}

const FINISHES = {
  async cancel(first, second, step, called) {
    await step("cancel consult", async () => {
      await first.withContact("AGTCancelConsult");
      await called(first, ["Talking"]);
      await called(second, ["Idle", "NoState"]);
    });
  },
  async transfer(first, second, step, called) {
    await step("transfer", async () => {
      await first.withContact("AGTCompleteTransfer");
      await called(second, ["Talking"]);
    });
  },
  async conference(first, second, step, called) {
    await step("conference", async () => {
      await first.withContact("AGTStartConf");
      await called(first, ["ConferenceOwner"]);
      await called(second, ["ConferencePassive"]);
    });
    await step("end conference", async () => {
      await first.withContact("AGTEndConf");
      await called(first, ["Talking"]);
      await called(second, ["Idle", "NoState"]);
    });
  },
};

async function wrapUp(desktop, code) {
  const { completionCodesList = [] } = await desktop.withContact("AGTGetCompCodes");
  const completionCode = code ? completionCodesList.find(({ codeValue }) => codeValue === code) : completionCodesList[0];
  if (!completionCode) {
    const names = completionCodesList.map(({ codeValue }) => codeValue).join(", ");
    throw new Error(`expected the completion code ${code ?? "of any name"}; the campaign has ${names || "none"}`);
  }
  await desktop.withContact("AGTWrapupContact", { completionCode });
}

// ---------------------------------------------------------------------------------------------- main

const USAGE = `A desktop for agents in a terminal.

  desktop.mjs --agent ID [--password P] [--ext E]           interactive
  desktop.mjs --agent ID --second ID --password P --script  one contact without anybody, and its result as JSON

  --host H      Agent Manager, 127.0.0.1 if left out
  --port N      its port, 9970 if left out
  --zone Z      zone of the agents, Default if left out
  --agent ID    agent to log on
  --password P  its password; otherwise that of the environment variable AGENT_PASSWORD, or it is asked for
  --ext E       extension or SIP URL of the agent's phone; the agent's id if left out
  --skill S     work with this skill alone, whatever the server knows of the agent
  --force       take the agent over from another desktop
With --script:
  --second ID   agent that is consulted; it has the same password
  --finish F    how the consult ends: ${Object.keys(FINISHES).join(", ")}; cancel if left out
  --code C      completion code; the campaign's first if left out
  --limit S     how long to wait for what should come, 30 s if left out
`;

async function main() {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "9970" },
      zone: { type: "string", default: "Default" },
      agent: { type: "string" },
      password: { type: "string", default: process.env.AGENT_PASSWORD },
      ext: { type: "string" },
      skill: { type: "string" },
      force: { type: "boolean", default: false },
      script: { type: "boolean", default: false },
      second: { type: "string" },
      finish: { type: "string", default: "cancel" },
      code: { type: "string" },
      limit: { type: "string", default: "30" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  if (!values.agent) throw new Misuse("--agent is missing; --help tells more");
  const desktop = (agent, extension) =>
    new Desktop({ host: values.host, port: Number(values.port), zone: values.zone, agent, password: values.password, extension, skill: values.skill });
  const first = desktop(values.agent, values.ext ?? values.agent);
  if (!values.script) return interactive(first, values.force);

  if (!values.second || values.password === undefined) throw new Misuse("--script needs --second and --password");
  if (!FINISHES[values.finish]) throw new Misuse(`--finish is one of ${Object.keys(FINISHES).join(", ")}`);
  const second = desktop(values.second, values.second);
  try {
    console.log(JSON.stringify(await script(first, second, { ...values, limit: Number(values.limit) })));
  } finally {
    first.leave();
    second.leave();
  }
}

class Misuse extends Error {}

// Other modules may import what is exported above without running anything.
if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().then(
    () => process.exit(0),
    (error) => {
      const misuse = error instanceof Misuse || error.code?.startsWith?.("ERR_PARSE_ARGS");
      // The screen is left first, so that the line is still there afterwards.
      process.on("exit", () => console.error(`desktop.mjs: ${error.message}`));
      process.exit(misuse ? 2 : 1);
    },
  );
}
