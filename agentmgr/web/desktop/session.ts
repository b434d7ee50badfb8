// An agent at this desktop: signs in, comes back when the line breaks, does by itself what a desktop has to,
// and carries out what the agent wants.

import { set, setting } from "../shared/settings";
import { fresh, told, wrapupOf, type Banner, type Desk, type Party } from "./desk";
import { kept, type SignedIn } from "./kept";
import { Line, LineLost, Refused, type Notice } from "./line";
import { t, tIf } from "./texts";
import { VERSION, type CompletionCode, type CallbackDest, type Commands, type ContactNumber, type Destination, type DestinationType, type WrapupDetails } from "./wire";

const LONGEST_PAUSE_MS = 5000;
const FIRST_PAUSE_MS = 250;
const ALREADY_LOGGED_ON = 7;

/** Where the agent is with this page: not signed in, on the way, at work, or back soon. */
export type Phase = "out" | "entering" | "in" | "lost" | "elsewhere";

/** Somebody, or a campaign, that may call back. */
export type CallbackWay = Pick<CallbackDest, "callbackType" | "destinationValue" | "destinationName">;

export interface View {
  phase: Phase;
  who: Omit<SignedIn, "token">;
  desk: Desk;
  /** why the sign-in failed, for people */
  trouble?: string;
  /** whether the agent is signed in at another desktop, and may take over */
  mayTakeOver?: boolean;
}

export class Session {
  view: View;
  onChange = (): void => {};
  #line: Line | undefined;
  readonly #tab = crypto.randomUUID();
  #token = "";
  #pause = FIRST_PAUSE_MS;
  #greeted: ((isThere: boolean) => void) | undefined;

  constructor() {
    const known = kept.signedIn();
    const { token = "", ...who } = known ?? { zone: "", agentId: setting("agent"), ext: setting("ext") };
    this.#token = token;
    this.view = { phase: known ? "lost" : "out", who, desk: fresh(Date.now()) };
    if (known) void this.#comeBack();
    window.addEventListener("online", () => void (this.view.phase === "lost" && this.#comeBack()));
  }

  // -- coming and going ------------------------------------------------------------------------------

  async signIn(who: Omit<SignedIn, "token">, pwd: string, isForce = false): Promise<void> {
    this.#show({ phase: "entering", who, desk: fresh(Date.now()) });
    try {
      const line = await this.#open(who, []);
      const { resumeToken } = await line.call("AGTLogon", { ...this.#logon(who), pwd, isForce });
      this.#entered(resumeToken);
      await line.call("AGTSaveAgentForHA", {});
    } catch (error) {
      const mayTakeOver = error instanceof Refused && error.code === ALREADY_LOGGED_ON;
      const trouble = mayTakeOver ? t("signIn.elsewhere") : await this.#why(error);
      this.#leave({ phase: "out", who, desk: fresh(Date.now()), trouble, mayTakeOver });
    }
  }

  async signOut(): Promise<void> {
    const isFree = this.view.desk.callState === "NoState" || this.view.desk.callState === "Idle";
    if (isFree && this.view.desk.agentState !== "NotReady") await this.goNotReady("", "");
    if (isFree && (await this.do("AGTLogoff", {}))) this.#signedOut();
    else if (!isFree) await this.do("AGTPendingLogout", {});
  }

  /** Take the agent back from another tab. */
  useHere(): void {
    const known = kept.signedIn();
    if (known === undefined) return this.#signedOut();
    this.#token = known.token;
    void this.#comeBack();
  }

  async #open(who: Omit<SignedIn, "token">, agentIds: string[]): Promise<Line> {
    const line: Line = new Line(
      who.zone,
      who.agentId,
      (notice) => line === this.#line && this.#take(notice),
      (resp) => line === this.#line && this.#wrapUp(resp.wrapupDetails),
      () => line === this.#line && this.#lost(),
    );
    this.#line?.close();
    this.#line = line;
    kept.hold(this.#tab);
    await line.opened();
    await line.call("AgentSDKConnected", { agentIds, version: VERSION });
    return line;
  }

  async #comeBack(): Promise<void> {
    const { who } = this.view;
    this.#show({ ...this.view, phase: "lost" });
    try {
      const asked = new Promise<boolean>((resolve) => (this.#greeted = resolve));
      const line = await this.#open(who, [who.agentId]);
      const isThere = await Promise.race([asked, broken(line)]);
      this.#greeted = undefined;
      const { agentState, callState, nailup } = this.view.desk;
      if (isThere) {
        const status = { agentState, callState, nailupStatus: nailup };
        this.#entered((await line.call("GetAgentStatusResponse", { status, resumeToken: this.#token })).resumeToken);
      } else {
        this.#show({ ...this.view, desk: fresh(Date.now()) });
        const logon = { ...this.#logon(who), pwd: "", isForce: false, resumeToken: this.#token };
        this.#entered((await line.call("AGTLogon", logon)).resumeToken);
      }
    } catch (error) {
      this.#greeted = undefined;
      if (error instanceof Refused) this.#signedOut(t("banner.loggedOut"));
    }
  }

  #logon(who: Omit<SignedIn, "token">) {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    return { agentExt: who.ext || who.agentId, locale: navigator.language, timeZone, zoneName: who.zone };
  }

  #entered(token: string | undefined): void {
    this.#token = token ?? this.#token;
    this.#pause = FIRST_PAUSE_MS;
    const { who } = this.view;
    kept.signIn({ ...who, token: this.#token });
    set("agent", who.agentId);
    set("ext", who.ext);
    this.#show({ ...this.view, phase: "in" });
  }

  #lost(): void {
    if (this.view.phase !== "in" && this.view.phase !== "lost") return;
    this.#show({ ...this.view, phase: "lost" });
    window.setTimeout(() => void (this.view.phase === "lost" && this.#comeBack()), this.#pause * (0.5 + Math.random()));
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }

  #leave(view: View): void {
    const line = this.#line;
    this.#line = undefined;
    line?.close();
    this.#show(view);
  }

  #signedOut(trouble?: string): void {
    kept.signOut();
    const { who } = this.view;
    this.#leave({ phase: "out", who, desk: fresh(Date.now()), ...(trouble && { trouble }) });
  }

  // -- what the server says ----------------------------------------------------------------------------

  #take(notice: Notice): void {
    const before = this.view.desk;
    this.#setDesk(told(before, notice, Date.now()));
    switch (notice.name) {
      case "GetAgentStatus":
        if (this.#greeted) this.#greeted(true);
        else void this.#answerStatus();
        break;
      case "AGTAgentLoggedOut":
        if (this.#greeted) this.#greeted(false);
        else if (kept.holder() !== this.#tab) this.#leave({ ...this.view, phase: "elsewhere" });
        else if (this.view.phase === "in") this.#signedOut(t("banner.loggedOut"));
        break;
      case "AGTNailupChange":
        if (notice.args.nailupStatus === "PendingNailUp") void this.do("AGTReadyForNailup", {});
        break;
      case "AGTBlendedToOutbound":
        void this.do("AGTNailupAgent", {});
        break;
      default:
    }
    const { sessionId, callState } = this.view.desk;
    if (sessionId !== before.sessionId) this.#begin();
    if (sessionId !== before.sessionId || callState !== before.callState) void this.#readCodes();
    if (sessionId && callState !== before.callState) {
      kept.keep({ ...kept.draft(sessionId), state: callState, since: this.view.desk.since });
    }
    if (this.view.desk.wrapup !== before.wrapup) this.#keepWrapup();
  }

  async #answerStatus(): Promise<void> {
    const { agentState, callState, nailup } = this.view.desk;
    await this.do("GetAgentStatusResponse", { status: { agentState, callState, nailupStatus: nailup } });
  }

  /** A contact has come, or has come back with a page that was loaded anew. */
  #begin(): void {
    const { sessionId, dialsAt } = this.view.desk;
    if (!sessionId) return;
    const { wrapupEndsAt, extendable = false, state, since } = kept.draft(sessionId);
    if (since !== undefined && state === this.view.desk.callState) this.#patch({ since });
    if (wrapupEndsAt !== undefined) this.#patch({ wrapup: { endsAt: wrapupEndsAt, extendable } });
    else this.#keepWrapup();
    void this.#readCustomer(sessionId);
    if (dialsAt === undefined) return;
    window.setTimeout(() => {
      const { desk } = this.view;
      if (desk.sessionId === sessionId && desk.callState === "Preview") void this.dial();
    }, dialsAt - Date.now());
  }

  async #readCustomer(sessionID: string): Promise<void> {
    const resp = await this.do("AGTGetCustomerDetails", { sessionID });
    if (resp && this.view.desk.sessionId === sessionID) {
      this.#patch({ attributes: resp.customerDetails?.attributes ?? [] });
    }
    const notes = await this.do("AGTRefreshAgentNotes", { sessionID });
    if (notes && this.view.desk.sessionId === sessionID) this.#patch({ notes: notes.agentNotes });
  }

  /** Read the completion codes as soon as they may be asked for, so that they are there when they are needed. */
  async #readCodes(): Promise<void> {
    const { sessionId, callState, codes } = this.view.desk;
    if (!sessionId || codes.length || !["Talking", "Held", "Wrapup"].includes(callState)) return;
    const resp = await this.do("AGTGetCompCodes", { sessionID: sessionId });
    if (resp && this.view.desk.sessionId === sessionId) this.#patch({ codes: resp.completionCodesList });
  }

  #keepWrapup(): void {
    const { sessionId, wrapup } = this.view.desk;
    if (!sessionId || wrapup?.endsAt === undefined) return;
    kept.keep({ ...kept.draft(sessionId), wrapupEndsAt: wrapup.endsAt, extendable: wrapup.extendable });
  }

  // -- what the agent wants ------------------------------------------------------------------------------

  async goReady(): Promise<void> {
    if (!(await this.do("AGTStateChange", { agentState: "Ready" }))) return;
    if (this.view.desk.nailup === "NotNailedUp") await this.do("AGTAvailableForNailup", {});
  }

  async goNotReady(reasonCode: string, reasonName: string): Promise<void> {
    const change = { agentState: "NotReady" as const, reasonCode, reasonName };
    if (await this.do("AGTStateChange", change)) this.#patch({ reason: reasonName });
  }

  /** Return the number whose turn it is. */
  offered(): ContactNumber | undefined {
    const { contactNumbers = [], defaultNumber } = this.view.desk.contact ?? {};
    return contactNumbers.find((each) => each.number === defaultNumber) ?? contactNumbers[0];
  }

  /** Dial a number of a preview, in wrapup once more; without one the number whose turn it is. */
  async dial(wanted?: Partial<ContactNumber>): Promise<void> {
    const contactNumber = wanted ?? this.offered();
    if (contactNumber === undefined) return;
    if (this.view.desk.callState === "Wrapup") await this.do("AGTRedial", { contactNumber });
    else await this.do("AGTPreviewDial", { contactNumber, ...this.#here });
  }

  async neverCall({ name, number }: ContactNumber): Promise<void> {
    if (await this.do("AGTAddToDNC", { addressList: [{ key: name, value: number }] })) {
      this.#patch({ banner: { kind: "info", text: t("dnc.added", { number }) } });
    }
  }

  async waysToCallBack(): Promise<CallbackWay[]> {
    const types = await this.#ask("AGTGetCallbackTypes", this.#here);
    const ways: CallbackWay[] = [];
    for (const callbackType of types?.callbackTypes ?? []) {
      if (callbackType === "Standard") ways.push({ callbackType, destinationValue: "", destinationName: "" });
      else ways.push(...((await this.#ask("AGTGetCallbackDestsForType", { callbackType, ...this.#here }))?.callbackDests ?? []));
    }
    return ways;
  }

  async callBack(way: CallbackWay, at: Date, contactNumber: ContactNumber, zone: string, note: string): Promise<void> {
    const { callbackType, destinationValue } = way;
    const isMade = await this.do("AGTCreateCallback", {
      callbackType,
      callbackTime: at.toISOString().slice(0, 16).replaceAll("-", "/").replace("T", " "),
      callbackExpiryTime: 0,
      contactNumber,
      ...(destinationValue && { callbackDest: { callbackType, destinationValue } }),
      callbackTimezone: zone,
      agentNotes: note,
      ...this.#here,
    });
    if (isMade) this.#patch({ banner: { kind: "info", text: t("callback.made") } });
  }

  async cancelPreview(): Promise<void> {
    await this.#untilWrapup(this.do("AGTPreviewCancel", this.#here));
  }

  hold = () => this.do("AGTHoldCall", this.#here);
  unhold = () => this.do("AGTUnholdCall", this.#here);
  press = (dtmf: string) => this.do("AGTSendDTMF", { dtmf, ...this.#here });
  finish = (completionCode: CompletionCode) => this.do("AGTWrapupContact", { completionCode, ...this.#here });

  async leaveConsult(): Promise<void> {
    if (await this.do("AGTCancelConsult", this.#here)) this.#patch({ party: undefined });
  }

  transfer = () => this.do("AGTCompleteTransfer", this.#here);
  startConference = () => this.do("AGTStartConf", this.#here);
  endConference = () => this.do("AGTEndConf", this.#here);
  changeOwnership = () => this.do("AGTConfChangeOwnership", this.#here);

  async consult(destination: { destinationType: DestinationType; destinationValue: string }, name: string): Promise<void> {
    this.#patch({ party: { name, isAsking: false } });
    const isAsked = await this.do("AGTConsultCall", { destination, ...this.#here });
    if (!isAsked) this.#patch({ party: undefined });
  }

  /** Who may be asked, and whether any number may be called. */
  async whoToAsk(): Promise<{ destinations: Destination[]; allowsNumber: boolean }> {
    const types = await this.#ask("AGTGetConsultTypes", this.#here);
    const destinations: Destination[] = [];
    for (const destinationType of types?.destinationTypes ?? []) {
      const some = await this.#ask("AGTGetConsultDestsForType", { destinationType, ...this.#here });
      destinations.push(...(some?.destinations ?? []));
    }
    return { destinations, allowsNumber: !!types?.allowFreeForm };
  }

  async release(): Promise<void> {
    await this.#untilWrapup(this.do("AGTReleaseLine", this.#here));
  }

  async extend(): Promise<void> {
    await this.#untilWrapup(this.do("AGTExtendWrapup", this.#here));
  }

  async save(key: string, value: string): Promise<boolean> {
    const resp = await this.do("AGTSetCustomerDetail", { keyValuePair: { key, value }, ...this.#here });
    if (!resp) return false;
    const attributes = this.view.desk.attributes.map((each) => (each.key === key ? { ...each, value } : each));
    this.#patch({ attributes, banner: { kind: "info", text: t("customer.saved", { name: tIf(`attribute.${key}`) ?? key }) } });
    return true;
  }

  async addNote(agentNote: string): Promise<boolean> {
    const resp = await this.do("AGTAddAgentNote", { agentNote });
    if (!resp) return false;
    this.#patch({ notes: [...this.view.desk.notes, agentNote], banner: { kind: "info", text: t("note.added") } });
    return true;
  }

  dismiss(): void {
    this.#patch({ banner: undefined });
  }

  get #here(): { sessionID: string } {
    return { sessionID: this.view.desk.sessionId };
  }

  async #untilWrapup(asked: Promise<Commands["AGTReleaseLine"]["resp"] | undefined>): Promise<void> {
    this.#wrapUp((await asked)?.wrapupDetails);
  }

  #wrapUp(details: WrapupDetails | undefined): void {
    if (!details) return;
    this.#patch({ wrapup: wrapupOf(details, Date.now()) });
    this.#keepWrapup();
  }

  /** Send a command; what is wrong with it is told in a banner, and the answer is undefined then. */
  async do<N extends keyof Commands>(name: N, args: Commands[N]["args"]): Promise<Commands[N]["resp"] | undefined> {
    try {
      if (this.#line === undefined) throw new LineLost();
      return await this.#line.call(name, args);
    } catch (error) {
      const text = error instanceof LineLost ? t("banner.unknown") : t("banner.refused", { why: await this.#why(error) });
      this.#patch({ banner: { kind: "warning", text } });
      return undefined;
    }
  }

  /** Ask what the answer may well be that there is nothing. */
  async #ask<N extends keyof Commands>(name: N, args: Commands[N]["args"]): Promise<Commands[N]["resp"] | undefined> {
    return this.#line?.call(name, args).catch(() => undefined);
  }

  async #why(error: unknown): Promise<string> {
    if (!(error instanceof Refused)) return t("result.lost");
    const known = tIf(`result.${error.code}`);
    if (known !== undefined) return known;
    try {
      return (await this.#line!.call("AGTGetErrorString", { errorCode: error.code })).localizedErrorMsg;
    } catch {
      return String(error.code);
    }
  }

  #patch(change: Partial<Omit<Desk, "banner" | "party">> & { banner?: Banner | undefined; party?: Party | undefined }): void {
    const { banner, party, ...rest } = { ...this.view.desk, ...change };
    this.#setDesk({ ...rest, ...(banner && { banner }), ...(party && { party }) });
  }

  #setDesk(desk: Desk): void {
    if (desk !== this.view.desk) this.#show({ ...this.view, desk });
  }

  #show(view: View): void {
    this.view = view;
    this.onChange();
  }
}

function broken(line: Line): Promise<never> {
  return new Promise((_, reject) => line.whenEnded(() => reject(new LineLost())));
}
