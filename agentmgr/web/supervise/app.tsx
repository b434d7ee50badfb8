// The whole page: who is signed in, and which view the address names after its #.

import { useEffect, useRef, useState } from "preact/hooks";
import { Settings } from "../common/page";
import { useSource } from "../common/source";
import { Notices, Troubles } from "./notices";
import { SignIn } from "./signin";
import { t } from "./texts";
import { VIEWS, type View, type ViewName } from "./views";
import { signOut, visit } from "./visit";

export function App() {
  const now = useSource(visit);
  return (
    <>
      {now.phase === "in" ? (
        <Frame who={now.who.name} organisation={now.who.organisation} />
      ) : (
        <main class="door">{now.phase !== "asking" && <SignIn visit={now} />}</main>
      )}
      <Settings />
    </>
  );
}

function Frame({ who, organisation }: { who: string; organisation: string }) {
  const [name, path] = usePlace();
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${t(`view.${name}`)} · ${t("title")}`;
  }, [name]);
  const Page: View = VIEWS[name];
  return (
    <>
      <header>
        <a
          class="skip"
          href={`#${name}`}
          onClick={(event) => {
            event.preventDefault();
            main.current?.focus();
          }}
        >
          {t("skip")}
        </a>
        <nav aria-label={t("views")}>
          {(Object.keys(VIEWS) as ViewName[]).map((each) => (
            <a key={each} href={`#${each}`} aria-current={each === name ? "page" : undefined}>
              {t(`view.${each}`)}
            </a>
          ))}
        </nav>
        <p class="who">
          <bdi>{who}</bdi>
          {organisation && (
            <>
              {" · "}
              <bdi>{organisation}</bdi>
            </>
          )}
          <button class="quiet" onClick={() => void signOut()}>
            {t("signOut")}
          </button>
        </p>
      </header>
      <Notices />
      <Troubles isGoneTold={name === "live"} />
      <main ref={main} tabIndex={-1}>
        <Page key={name} path={path} />
      </main>
    </>
  );
}

function usePlace(): [ViewName, string[]] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  const [name = "", ...path] = hash.slice(1).split("/").map(decoded);
  return [name in VIEWS ? (name as ViewName) : "live", path];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
