// An agent at work: what the server says of it, what a desktop does by itself then, and what the agent wants.

import { told, wrapupOf } from "./desk";
import { kept } from "./kept";
import type { Notice } from "./line";
import type { Reason } from "../common/place";
import { Presence } from "./presence";
import { t, tIf } from "./texts";
import { Visit } from "./visit";
import type { CallbackDest, Commands, CompletionCode, ContactNumber, Destination, DestinationType, WrapupDetails } from "./wire";

export type { View } from "./visit";

/** Somebody, or a campaign, that may call back. */
export type CallbackWay = Pick<CallbackDest, "callbackType" | "destinationValue" | "destinationName">;

export class Session extends Visit {
  readonly #presence = new Presence();

  // -- what the server says ----------------------------------------------------------------------------

  protected override take(notice: Notice): void {
    const before = this.view.desk;
    this.setDesk(told(before, notice, Date.now()));
    switch (notice.name) {
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
    if (sessionId) this.#presence.met(sessionId);
    else if (before.sessionId) void this.#rest();
    if (sessionId !== before.sessionId || callState !== before.callState) void this.#readCodes();
    if (sessionId && callState !== before.callState) {
      kept.keep({ ...kept.draft(sessionId), state: callState, since: this.view.desk.since });
    }
    if (this.view.desk.wrapup !== before.wrapup) this.#keepWrapup();
  }

  /** A contact has come, or has come back with a page that was loaded anew. */
  #begin(): void {
    const { sessionId, dialsAt } = this.view.desk;
    if (!sessionId) return;
    const { wrapupEndsAt, extendable = false, state, since } = kept.draft(sessionId);
    if (since !== undefined && state === this.view.desk.callState) this.patch({ since });
    if (wrapupEndsAt !== undefined) this.patch({ wrapup: { endsAt: wrapupEndsAt, extendable } });
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
      this.patch({ attributes: resp.customerDetails?.attributes ?? [] });
    }
    const notes = await this.do("AGTRefreshAgentNotes", { sessionID });
    if (notes && this.view.desk.sessionId === sessionID) this.patch({ notes: notes.agentNotes });
  }

  /** Read the completion codes as soon as they may be asked for, so that they are there when they are needed. */
  async #readCodes(): Promise<void> {
    const { sessionId, callState, codes } = this.view.desk;
    if (!sessionId || codes.length || !["Talking", "Held", "Wrapup"].includes(callState)) return;
    const resp = await this.do("AGTGetCompCodes", { sessionID: sessionId });
    if (resp && this.view.desk.sessionId === sessionId) this.patch({ codes: resp.completionCodesList });
  }

  /** The contact is over; whoever left several alone is not there, and gets no more. */
  async #rest(): Promise<void> {
    const { away, awayAfter } = this.view.place;
    const leftAlone = this.#presence.left();
    if (!awayAfter || leftAlone < awayAfter || this.view.desk.agentState !== "Ready") return;
    const change = { agentState: "NotReady" as const, reasonCode: away.code, reasonName: away.name };
    // refused if the next one has come meanwhile; then it is said after that
    const isDone = await this.ask("AGTStateChange", { ...change, hasWalkedAway: true });
    if (isDone) this.patch({ reason: away.name, banner: { kind: "info", text: t("banner.away") } });
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

  async goNotReady({ code, name }: Reason): Promise<void> {
    const change = { agentState: "NotReady" as const, reasonCode: code, reasonName: name };
    if (await this.do("AGTStateChange", change)) this.patch({ reason: name });
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
      this.patch({ banner: { kind: "info", text: t("dnc.added", { number }) } });
    }
  }

  async waysToCallBack(): Promise<CallbackWay[]> {
    const types = await this.ask("AGTGetCallbackTypes", this.#here);
    const ways: CallbackWay[] = [];
    for (const callbackType of types?.callbackTypes ?? []) {
      if (callbackType === "Standard") ways.push({ callbackType, destinationValue: "", destinationName: "" });
      else ways.push(...((await this.ask("AGTGetCallbackDestsForType", { callbackType, ...this.#here }))?.callbackDests ?? []));
    }
    return ways;
  }

  async callBack(way: CallbackWay, at: Date, contactNumber: ContactNumber, zone: string, note: string): Promise<boolean> {
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
    if (isMade) this.patch({ banner: { kind: "info", text: t("callback.made") } });
    return !!isMade;
  }

  async cancelPreview(): Promise<void> {
    await this.#untilWrapup(this.do("AGTPreviewCancel", this.#here));
  }

  hold = () => this.do("AGTHoldCall", this.#here);
  unhold = () => this.do("AGTUnholdCall", this.#here);
  press = (dtmf: string) => this.do("AGTSendDTMF", { dtmf, ...this.#here });
  finish = (completionCode: CompletionCode) => this.do("AGTWrapupContact", { completionCode, ...this.#here });

  async leaveConsult(): Promise<void> {
    if (await this.do("AGTCancelConsult", this.#here)) this.patch({ party: undefined });
  }

  transfer = () => this.do("AGTCompleteTransfer", this.#here);
  startConference = () => this.do("AGTStartConf", this.#here);
  endConference = () => this.do("AGTEndConf", this.#here);
  changeOwnership = () => this.do("AGTConfChangeOwnership", this.#here);

  async consult(destination: { destinationType: DestinationType; destinationValue: string }, name: string): Promise<void> {
    this.patch({ party: { name, isAsking: false } });
    const isAsked = await this.do("AGTConsultCall", { destination, ...this.#here });
    if (!isAsked) this.patch({ party: undefined });
  }

  /** Who may be asked, and whether any number may be called. */
  async whoToAsk(): Promise<{ destinations: Destination[]; allowsNumber: boolean }> {
    const types = await this.ask("AGTGetConsultTypes", this.#here);
    const destinations: Destination[] = [];
    for (const destinationType of types?.destinationTypes ?? []) {
      const some = await this.ask("AGTGetConsultDestsForType", { destinationType, ...this.#here });
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
    this.patch({ attributes, banner: { kind: "info", text: t("customer.saved", { name: tIf(`attribute.${key}`) ?? key }) } });
    return true;
  }

  async addNote(agentNote: string): Promise<boolean> {
    const resp = await this.do("AGTAddAgentNote", { agentNote });
    if (!resp) return false;
    this.patch({ notes: [...this.view.desk.notes, agentNote], banner: { kind: "info", text: t("note.added") } });
    return true;
  }

  dismiss(): void {
    this.patch({ banner: undefined, unknown: [] });
  }

  get #here(): { sessionID: string } {
    return { sessionID: this.view.desk.sessionId };
  }

  async #untilWrapup(asked: Promise<Commands["AGTReleaseLine"]["resp"] | undefined>): Promise<void> {
    this.#wrapUp((await asked)?.wrapupDetails);
  }

  protected override takeLate(resp: { wrapupDetails?: WrapupDetails }): void {
    this.#wrapUp(resp.wrapupDetails);
  }

  #wrapUp(details: WrapupDetails | undefined): void {
    if (!details) return;
    this.patch({ wrapup: wrapupOf(details, Date.now()) });
    this.#keepWrapup();
  }
}
