// The customer: attributes as they may be shown and changed, the script, a note.

import { useState } from "preact/hooks";
import type { Desk } from "./desk";
import { useDraft } from "./drafts";
import type { Session } from "./session";
import { t, tIf } from "./texts";
import type { Attribute } from "./wire";

const LONG_CHARACTERS = 100;

export function CustomerPanel({ session, desk }: { session: Session; desk: Desk }) {
  if (!desk.contact) return null;
  const script = addressOf(desk.contact.scriptURL);
  const row = (each: Attribute) => <Row key={each.key} attribute={each} session={session} desk={desk} />;
  const known = desk.attributes.filter((each) => each.value);
  const others = desk.attributes.filter((each) => !each.value && each.attributeType !== "READ_ONLY");
  return (
    <div class="about">
      <section class="card" aria-label={t("customer")}>
        <h2>{t("customer")}</h2>
        {desk.attributes.length === 0 && <p>{t("customer.empty")}</p>}
        <dl>{known.map(row)}</dl>
        {others.length > 0 && (
          <details>
            <summary>{t("customer.more")}</summary>
            <dl>{others.map(row)}</dl>
          </details>
        )}
      </section>
      {script && (
        <section class="card script" aria-label={t("script")}>
          <h2>{t("script")}</h2>
          {/* without allow-same-origin it can reach nothing of this page */}
          <iframe title={t("script")} src={script} sandbox="allow-scripts allow-forms" />
        </section>
      )}
      <Note session={session} desk={desk} />
    </div>
  );
}

function Row({ attribute, session, desk }: { attribute: Attribute; session: Session; desk: Desk }) {
  const { key, value, attributeType } = attribute;
  // what is masked must not lie in the browser's storage
  const [typed, type] = useDraft(desk.sessionId, `attribute.${key}`, attributeType !== "MASKED_WRITE");
  const [isOpen, setIsOpen] = useState(attributeType !== "MASKED_WRITE");
  const id = `attribute-${key}`;
  const name = tIf(`attribute.${key}`) ?? key;
  if (attributeType === "READ_ONLY" || !desk.can.updateRecord) {
    const shown = attributeType === "MASKED_WRITE" && value ? "••••••" : value;
    return (
      <div>
        <dt>{name}</dt>
        {/* what is long is scrolled, by keyboard too */}
        <dd dir="auto" tabIndex={value.length > LONG_CHARACTERS ? 0 : undefined}>
          {shown}
        </dd>
      </div>
    );
  }
  const isChanged = typed !== undefined && typed !== value;
  return (
    <div>
      <dt>
        <label for={id}>{name}</label>
      </dt>
      <dd>
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (isChanged) void session.save(key, typed).then((isSaved) => isSaved && type(undefined));
          }}
        >
          <input
            id={id}
            dir="auto"
            autocomplete="off"
            type={(isOpen ? "text" : "password") as "text"}
            placeholder={isOpen ? "" : t("customer.masked")}
            value={typed ?? value}
            onFocus={() => setIsOpen(true)}
            onBlur={() => setIsOpen(attributeType !== "MASKED_WRITE")}
            onInput={(event) => type(event.currentTarget.value)}
          />
          {isChanged && <button>{t("customer.save")}</button>}
        </form>
      </dd>
    </div>
  );
}

function Note({ session, desk: { sessionId, notes } }: { session: Session; desk: Desk }) {
  const [note = "", type] = useDraft(sessionId, "note");
  return (
    <form
      class="card note"
      onSubmit={(event) => {
        event.preventDefault();
        void session.addNote(note).then((isStored) => isStored && type(undefined));
      }}
    >
      {notes.length > 0 && (
        <ul>
          {notes.map((each, place) => (
            <li key={place} dir="auto">
              {each}
            </li>
          ))}
        </ul>
      )}
      <label>
        {t("note")}
        <textarea rows={3} value={note} onInput={(event) => type(event.currentTarget.value)} />
      </label>
      <button disabled={!note.trim()}>{t("note.add")}</button>
    </form>
  );
}

/** Return the address of a script, if it is one of the web. */
function addressOf(text: string): string | undefined {
  const url = URL.parse(text, location.href);
  return text && (url?.protocol === "https:" || url?.protocol === "http:") ? url.href : undefined;
}
