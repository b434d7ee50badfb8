import { useState } from "preact/hooks";
import type { Session, View } from "./session";
import { t } from "./texts";

export function SignIn({ session, view }: { session: Session; view: View }) {
  const { zones } = view.place;
  const [chosen, setZone] = useState(view.who.zone);
  const zone = zones.includes(chosen) ? chosen : (zones[0] ?? "");
  const [agentId, setAgentId] = useState(view.who.agentId);
  const [pwd, setPwd] = useState("");
  const [ext, setExt] = useState(view.who.ext);
  const isBusy = view.phase === "entering";
  const enter = (event: Event, isForce: boolean) => {
    event.preventDefault();
    void session.signIn({ zone, agentId: agentId.trim(), ext: ext.trim() }, pwd, isForce);
  };
  return (
    <form class="card signin" onSubmit={(event) => enter(event, false)} aria-busy={isBusy}>
      <h1>{t("title")}</h1>
      <label>
        {t("signIn.agent")}
        <input
          required
          autofocus
          autocomplete="username"
          value={agentId}
          onInput={(event) => setAgentId(event.currentTarget.value)}
        />
      </label>
      <label>
        {t("signIn.password")}
        <input
          type="password"
          required
          autocomplete="current-password"
          value={pwd}
          onInput={(event) => setPwd(event.currentTarget.value)}
        />
      </label>
      <label>
        {t("signIn.ext")}
        <input
          value={ext}
          autocomplete="off"
          aria-describedby="extHint"
          onInput={(event) => setExt(event.currentTarget.value)}
        />
        <small id="extHint">{t("signIn.extHint")}</small>
      </label>
      {zones.length > 1 && (
        <label>
          {t("signIn.zone")}
          <select value={zone} onChange={(event) => setZone(event.currentTarget.value)}>
            {zones.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      {view.trouble && (
        <p class="banner warning" role="alert">
          {view.trouble}
        </p>
      )}
      <div class="row">
        <button class="primary" disabled={isBusy}>
          {isBusy ? t("signIn.busy") : t("signIn")}
        </button>
        {view.mayTakeOver && (
          <button type="button" onClick={(event) => enter(event, true)}>
            {t("signIn.takeOver")}
          </button>
        )}
      </div>
    </form>
  );
}
