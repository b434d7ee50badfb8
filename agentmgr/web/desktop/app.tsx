// The whole page, by where the agent is with it.

import { useNow } from "../common/hooks";
import { Settings } from "../common/page";
import { CallPanel } from "./call";
import { CustomerPanel } from "./customer";
import type { Session, View } from "./session";
import { SignIn } from "./signin";
import { StateBar } from "./statebar";
import { locale, t } from "./texts";

export function App({ session, view }: { session: Session; view: View }) {
  const isAtWork = view.phase === "in" || view.phase === "lost";
  return (
    <>
      <div class="top">
        {isAtWork && <StateBar session={session} view={view} />}
        <Banners session={session} view={view} />
      </div>
      <main class={isAtWork ? "desk" : "door"}>
        {isAtWork && (
          <>
            <CallPanel session={session} desk={view.desk} isCut={view.phase === "lost"} />
            <CustomerPanel session={session} desk={view.desk} key={view.desk.sessionId} />
          </>
        )}
        {view.phase === "elsewhere" && (
          <section class="card calm">
            <h1>{t("banner.elsewhere")}</h1>
            <button class="primary" onClick={() => session.useHere()}>
              {t("banner.here")}
            </button>
          </section>
        )}
        {(view.phase === "out" || view.phase === "entering") && <SignIn session={session} view={view} />}
      </main>
      <Settings />
    </>
  );
}

function Banners({ session, view }: { session: Session; view: View }) {
  const now = useNow(view.desk.downAt !== undefined);
  const { banner, downAt, due, unknown } = view.desk;
  const dismiss = (
    <button class="quiet" onClick={() => session.dismiss()}>
      {t("dismiss")}
    </button>
  );
  return (
    <div class="banners" role="status">
      {view.phase === "lost" && <p class="banner warning">{t("banner.lost")}</p>}
      {downAt !== undefined && (
        <p class="banner warning">{t("banner.down", { s: Math.max(0, Math.ceil((downAt - now) / 1000)) })}</p>
      )}
      {due && (
        <p class="banner info">
          {t("banner.due", { time: new Date(due.at).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" }) })}
        </p>
      )}
      {unknown.length > 0 && (
        <p class="banner warning">
          {t("banner.unknown", { what: unknown.join(", ") })}
          {dismiss}
        </p>
      )}
      {banner && (
        <p class={`banner ${banner.kind}`}>
          <span dir="auto">{banner.text}</span>
          {dismiss}
        </p>
      )}
    </div>
  );
}
