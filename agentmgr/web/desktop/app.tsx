// The whole page, by where the agent is with it.

import { CallPanel } from "./call";
import { CustomerPanel } from "./customer";
import { useNow } from "./hooks";
import { kept } from "./kept";
import type { Session, View } from "./session";
import { SignIn } from "./signin";
import { StateBar } from "./statebar";
import { LANGUAGES, language, t, type Key } from "./texts";

export function App({ session, view }: { session: Session; view: View }) {
  const isAtWork = view.phase === "in" || view.phase === "lost";
  return (
    <>
      {isAtWork && <StateBar session={session} view={view} />}
      <Banners session={session} view={view} />
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
  const { banner, downAt } = view.desk;
  return (
    <div class="banners" role="status">
      {view.phase === "lost" && <p class="banner warning">{t("banner.lost")}</p>}
      {downAt !== undefined && (
        <p class="banner warning">{t("banner.down", { s: Math.max(0, Math.ceil((downAt - now) / 1000)) })}</p>
      )}
      {banner && (
        <p class={`banner ${banner.kind}`}>
          {banner.text}
          <button class="quiet" onClick={() => session.dismiss()}>
            {t("dismiss")}
          </button>
        </p>
      )}
    </div>
  );
}

function Settings() {
  const set = (name: string, value: string) => {
    kept.set(name, value);
    if (name === "theme") document.documentElement.dataset.theme = value;
    else location.reload(); // a call goes on, and so does what was typed
  };
  return (
    <footer>
      <label>
        {t("language")}
        <select value={language} onChange={(event) => set("language", event.currentTarget.value)}>
          {Object.entries(LANGUAGES).map(([name, words]) => (
            <option value={name} key={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("theme")}
        <select value={kept.setting("theme")} onChange={(event) => set("theme", event.currentTarget.value)}>
          {["", "light", "dark"].map((name) => (
            <option value={name} key={name}>
              {t(`theme.${name}` as Key)}
            </option>
          ))}
        </select>
      </label>
    </footer>
  );
}
