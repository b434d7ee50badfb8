// Coming and going: an agent signs in here, comes back when the line breaks or the page was loaded anew, and
// leaves; and what an agent asks for reaches the server, over whichever line there is.

import { set, setting } from "../common/settings";
import { fresh, type Banner, type Desk, type Party } from "./desk";
import { kept, type SignedIn } from "./kept";
import { Line, LineLost, NoLine, Refused, type Asked, type Notice } from "./line";
import { NOWHERE, readPlace, type Place } from "../common/place";
import { t, tIf, type Key } from "./texts";
import { VERSION, type Commands, type WrapupDetails } from "./wire";

const LONGEST_PAUSE_MS = 5000;
const FIRST_PAUSE_MS = 250;
const ALREADY_LOGGED_ON = 7;
/** What a server answers that goes, comes, or has too much to do: another one, or the same, takes the agent soon. */
const LATER = [6, 9005, 9012];

/** Where the agent is with this page: not signed in, on the way, at work, or back soon. */
export type Phase = "out" | "entering" | "in" | "lost" | "elsewhere";

export interface View {
  phase: Phase;
  who: Omit<SignedIn, "token">;
  place: Place;
  desk: Desk;
  /** why the sign-in failed, for people */
  trouble?: string;
  /** whether the agent is signed in at another desktop, and may take over */
  mayTakeOver?: boolean;
}

/** What agents ask for and have to know of whether it was done, in their words. */
const ASKED_FOR: Partial<Record<keyof Commands, Key>> = {
  AGTStateChange: "command.stateChange",
  AGTPreviewDial: "act.dial",
  AGTPreviewCancel: "act.cancelPreview",
  AGTRedial: "numbers.redial",
  AGTHoldCall: "act.hold",
  AGTUnholdCall: "act.unhold",
  AGTReleaseLine: "act.release",
  AGTSendDTMF: "act.keypad",
  AGTConsultCall: "consult",
  AGTCancelConsult: "act.leaveConsult",
  AGTCompleteTransfer: "act.transfer",
  AGTStartConf: "act.conference",
  AGTEndConf: "act.endConference",
  AGTConfChangeOwnership: "act.changeOwnership",
  AGTWrapupContact: "call.Wrapup",
  AGTExtendWrapup: "wrapup.extend",
  AGTSetCustomerDetail: "customer.save",
  AGTAddAgentNote: "note.add",
  AGTCreateCallback: "callback",
  AGTAddToDNC: "dnc",
};

export abstract class Visit {
  view: View;
  onChange = (): void => {};
  #line: Line | undefined;
  readonly #tab = crypto.randomUUID();
  #token: string;
  #pause = FIRST_PAUSE_MS;
  #greeted: ((isThere: boolean) => void) | undefined;
  #unanswered: Asked[] = [];
  #answersAgain = false;
  #turn = 0;
  #allowed: string[] | undefined;

  constructor() {
    const known = kept.signedIn();
    const { token = "", ...who } = known ?? { zone: "", agentId: setting("agent"), ext: setting("ext") };
    this.#token = token;
    this.view = { phase: known ? "lost" : "out", who, place: NOWHERE, desk: fresh(Date.now()) };
  }

  /** Begin: an agent who was here comes back. */
  start(): void {
    void this.#readPlace();
    if (this.view.phase === "lost") void this.#comeBack();
    window.addEventListener("online", () => void (this.view.phase === "lost" && this.#comeBack()));
  }

  /** The server says something of the agent. */
  protected abstract take(notice: Notice): void;

  /** A RESP has come of which nothing is known but what every one may have. */
  protected abstract takeLate(resp: { wrapupDetails?: WrapupDetails }): void;

  // -- coming and going ------------------------------------------------------------------------------

  async signIn(who: Omit<SignedIn, "token">, pwd: string, isForce = false): Promise<void> {
    const { place } = this.view;
    this.show({ phase: "entering", who, place, desk: fresh(Date.now()) });
    try {
      await this.#logOn(await this.#reach(who), { pwd, isForce });
    } catch (error) {
      const mayTakeOver = error instanceof Refused && error.code === ALREADY_LOGGED_ON;
      const trouble = mayTakeOver ? t("signIn.elsewhere") : await this.why(error);
      this.#leave({ phase: "out", who, place, desk: fresh(Date.now()), trouble, mayTakeOver });
    }
  }

  async signOut(): Promise<void> {
    const isFree = this.view.desk.callState === "NoState" || this.view.desk.callState === "Idle";
    if (isFree && this.view.desk.agentState !== "NotReady") await this.do("AGTStateChange", { agentState: "NotReady" });
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

  /** Open a line to the zone, at whichever manager has it now. */
  async #reach(who: Omit<SignedIn, "token">): Promise<Line> {
    for (let left = this.#managers.length; ; left--) {
      try {
        return await this.#open(who, []);
      } catch (error) {
        if (!(error instanceof LineLost) || left <= 1) throw error;
      }
    }
  }

  get #managers(): string[] {
    return [...new Set([location.origin, ...this.view.place.managers])];
  }

  /** Open a line at the manager whose turn it is; the next one's turn comes if the zone is not there. */
  async #open(who: Omit<SignedIn, "token">, agentIds: string[]): Promise<Line> {
    const line: Line = new Line(
      this.#managers[this.#turn % this.#managers.length]!,
      who.zone,
      who.agentId,
      (notice) => line === this.#line && this.#hear(notice),
      (resp) => line === this.#line && this.takeLate(resp),
      (unanswered) => {
        this.#unanswered.push(...unanswered);
        if (line === this.#line) this.#lost();
      },
    );
    this.#line?.close();
    this.#line = line;
    kept.hold(this.#tab);
    try {
      await line.opened();
      const hello = await line.call("AgentSDKConnected", { agentIds, version: VERSION, resends: true });
      this.#answersAgain = hello.answersAgain;
    } catch (error) {
      this.#turn++;
      throw error;
    }
    return line;
  }

  async #comeBack(): Promise<void> {
    const { who } = this.view;
    this.show({ ...this.view, phase: "lost" });
    try {
      const asked = new Promise<boolean>((resolve) => (this.#greeted = resolve));
      const line = await this.#open(who, [who.agentId]);
      const isThere = await Promise.race([asked, broken(line)]);
      this.#greeted = undefined;
      const { agentState, callState, nailup } = this.view.desk;
      if (isThere) {
        const status = { agentState, callState, nailupStatus: nailup };
        this.#entered((await line.call("GetAgentStatusResponse", { status, resumeToken: this.#token })).resumeToken);
        if (this.#answersAgain) for (const each of this.#unanswered.splice(0)) line.send(each);
      } else {
        this.show({ ...this.view, desk: fresh(Date.now()) });
        await this.#logOn(line, { pwd: "", isForce: false, resumeToken: this.#token });
        this.patch({ banner: { kind: "info", text: t("banner.afresh") } });
      }
      this.#giveUp();
    } catch (error) {
      this.#greeted = undefined;
      if (!(error instanceof Refused)) return;
      if (LATER.includes(error.code)) this.#line?.close();
      else this.#signedOut(t("banner.loggedOut"));
    }
  }

  async #logOn(line: Line, proof: { pwd: string; isForce: boolean; resumeToken?: string }): Promise<void> {
    const { zone, agentId, ext } = this.view.who;
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const place = { agentExt: ext || agentId, locale: navigator.language, timeZone, zoneName: zone };
    this.#entered((await line.call("AGTLogon", { ...place, ...proof })).resumeToken);
    await this.do("AGTSaveAgentForHA", {});
  }

  #entered(token: string | undefined): void {
    this.#token = token ?? this.#token;
    this.#pause = FIRST_PAUSE_MS;
    const { who } = this.view;
    kept.signIn({ ...who, token: this.#token });
    set("agent", who.agentId);
    set("ext", who.ext);
    const { downAt: _, ...desk } = this.view.desk;
    this.show({ ...this.view, phase: "in", desk });
    void this.#readPlace();
  }

  #lost(): void {
    if (this.view.phase !== "in" && this.view.phase !== "lost") return;
    this.show({ ...this.view, phase: "lost" });
    void this.#readPlace();
    window.setTimeout(() => void (this.view.phase === "lost" && this.#comeBack()), this.#pause * (0.5 + Math.random()));
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }

  #leave(view: View): void {
    const line = this.#line;
    this.#line = undefined;
    line?.close();
    this.show(view);
    this.#giveUp();
  }

  /** Nobody will ever tell what became of what was not answered. */
  #giveUp(): void {
    for (const asked of this.#unanswered.splice(0)) asked.reject(new LineLost());
  }

  #signedOut(trouble?: string): void {
    kept.signOut();
    const { who, place } = this.view;
    this.#leave({ phase: "out", who, place, desk: fresh(Date.now()), ...(trouble && { trouble }) });
  }

  #hear(notice: Notice): void {
    this.take(notice);
    if (notice.name === "GetAgentStatus") {
      if (this.#greeted) this.#greeted(true);
      else void this.#answerStatus();
    } else if (notice.name === "AGTAgentLoggedOut") {
      if (this.#greeted) this.#greeted(false);
      else if (kept.holder() !== this.#tab) this.#leave({ ...this.view, phase: "elsewhere" });
      else if (this.view.desk.downAt !== undefined) this.#line?.close(); // the next server takes the agent
      else if (this.view.phase === "in") this.#signedOut(t("banner.loggedOut"));
    }
  }

  async #answerStatus(): Promise<void> {
    const { agentState, callState, nailup } = this.view.desk;
    await this.do("GetAgentStatusResponse", { status: { agentState, callState, nailupStatus: nailup } });
  }

  async #readPlace(): Promise<void> {
    const place = await readPlace();
    if (!place) return;
    this.#allowed ??= place.managers;
    this.show({ ...this.view, place });
    // this page was told at its beginning whom it may connect to
    const isNew = place.managers.some((each) => !this.#allowed?.includes(each));
    if (isNew && this.view.phase === "lost") location.reload();
  }

  // -- what an agent asks for --------------------------------------------------------------------------

  /** Send a command; what is wrong with it is told in a banner, and the answer is undefined then. */
  async do<N extends keyof Commands>(name: N, args: Commands[N]["args"]): Promise<Commands[N]["resp"] | undefined> {
    try {
      return await this.#call(name, args);
    } catch (error) {
      const what = ASKED_FOR[name];
      const hasCrossed = "sessionID" in args && args.sessionID !== this.view.desk.sessionId;
      if (error instanceof LineLost) {
        if (what) this.patch({ unknown: [...new Set([...this.view.desk.unknown, t(what)])] });
      } else if (what || !hasCrossed) {
        const why = await this.why(error);
        this.patch({ banner: { kind: "warning", text: error instanceof Refused ? t("banner.refused", { why }) : why } });
      }
      return undefined;
    }
  }

  /** Ask what the answer may well be that there is nothing. */
  protected async ask<N extends keyof Commands>(name: N, args: Commands[N]["args"]): Promise<Commands[N]["resp"] | undefined> {
    return this.#call(name, args).catch(() => undefined);
  }

  #call<N extends keyof Commands>(name: N, args: Commands[N]["args"]): Promise<Commands[N]["resp"]> {
    return this.#line?.call(name, args) ?? Promise.reject(new NoLine());
  }

  protected async why(error: unknown): Promise<string> {
    if (!(error instanceof Refused)) return t("result.lost");
    const known = tIf(`result.${error.code}`);
    if (known !== undefined) return known;
    try {
      return (await this.#call("AGTGetErrorString", { errorCode: error.code })).localizedErrorMsg;
    } catch {
      return String(error.code);
    }
  }

  protected patch(change: Partial<Omit<Desk, "banner" | "party">> & { banner?: Banner | undefined; party?: Party | undefined }): void {
    const { banner, party, ...rest } = { ...this.view.desk, ...change };
    this.setDesk({ ...rest, ...(banner && { banner }), ...(party && { party }) });
  }

  protected setDesk(desk: Desk): void {
    if (desk !== this.view.desk) this.show({ ...this.view, desk });
  }

  protected show(view: View): void {
    this.view = view;
    this.onChange();
  }
}

function broken(line: Line): Promise<never> {
  return new Promise((_, reject) => line.whenEnded(() => reject(new LineLost())));
}
