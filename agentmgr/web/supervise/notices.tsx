// What came of what was done, in a line at the top until it is dismissed or the next comes; what cannot be read.

import { Source, useSource } from "../common/source";
import { troubles } from "./polled";
import { t } from "./texts";
import { whyNot } from "./visit";

interface Notice {
  kind: "info" | "warning";
  text: string;
}

const notice = new Source<Notice | undefined>(undefined);

export function say(text: string, kind: Notice["kind"] = "info"): void {
  notice.value = { kind, text };
}

/** Do something and return what came of it; if it was refused, say why and return undefined. */
export async function attempt<R>(what: Promise<R>): Promise<R | undefined> {
  try {
    return await what;
  } catch (error) {
    say(whyNot(error), "warning");
    return undefined;
  }
}

export function Notices() {
  const now = useSource(notice);
  return (
    <div class="banners" role="status">
      {now && (
        <p class={`banner ${now.kind}`}>
          <span>{now.text}</span>
          <button class="quiet" onClick={() => (notice.value = undefined)}>
            {t("dismiss")}
          </button>
        </p>
      )}
    </div>
  );
}

/** What could not be read the last time, until it can; that the server is out of reach only if no view told so. */
export function Troubles({ isGoneTold }: { isGoneTold: boolean }) {
  const told = new Set(useSource(troubles).values());
  if (isGoneTold) told.delete("");
  return (
    <div class="banners" role="status">
      {[...told].map((each) => (
        <p class="banner warning" key={each}>
          {each || t("server.away")}
        </p>
      ))}
    </div>
  );
}
