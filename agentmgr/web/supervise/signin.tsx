import { useState } from "preact/hooks";
import { t } from "./texts";
import { signIn, type Visit } from "./visit";

export function SignIn({ visit }: { visit: Extract<Visit, { phase: "out" | "entering" }> }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const isBusy = visit.phase === "entering";
  return (
    <form
      class="card signin"
      aria-busy={isBusy}
      onSubmit={(event) => {
        event.preventDefault();
        void signIn(name.trim(), password);
      }}
    >
      <h1>{t("title")}</h1>
      <label>
        {t("signIn.account")}
        <input
          required
          autofocus
          autocomplete="username"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label>
        {t("signIn.password")}
        <input
          type="password"
          required
          autocomplete="current-password"
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      {visit.trouble && (
        <p class="banner warning" role="alert">
          {visit.trouble}
        </p>
      )}
      <button class="primary" disabled={isBusy}>
        {isBusy ? t("signIn.busy") : t("signIn")}
      </button>
    </form>
  );
}
