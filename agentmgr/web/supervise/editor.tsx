// A campaign as a form: made of what the server says that a campaign may have, with its words and its refusals.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import {
  changesOf,
  draftOf,
  fieldOf,
  kindOf,
  linesByField,
  rowOf,
  valuesOf,
  type Draft,
  type Field,
  type Typed,
  type TypedRow,
  type Values,
} from "./form";
import { say } from "./notices";
import { ask } from "./server";
import { t, tIf, type Key } from "./texts";
import { whyNot } from "./visit";

/** What stands together; what is in no group comes last, folded. */
const GROUPS: [title: Key, keys: string[]][] = [
  ["editor.first", ["name", "skill", "lists", "pacing", "description", "priority"]],
  ["editor.when", ["calling_hours", "weekdays", "max_attempts", "filter", "finish_when", "zones"]],
  ["editor.codes", ["codes", "default_code"]],
];

/** What was typed and not saved, by the campaign's name, empty for a new one: it is there when somebody returns. What
 * was not typed is as the server has it by then. */
const unsaved = new Map<string, Draft>();

interface Loaded {
  fields: Field[];
  lists: string[];
  before: Values | undefined;
}

export function Editor({ name }: { name: string }) {
  const [loaded, setLoaded] = useState<Loaded>();
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    const load = async () => {
      const [fields, lists, values] = await Promise.all([
        ask("ListCampaignFields"),
        ask<{ list: string }>("ListContactLists"),
        name ? ask<{ key: string; value: string }>("ShowCampaignValues", { name }) : undefined,
      ]);
      const before = values && Object.fromEntries(values.map(({ key, value }) => [key, JSON.parse(value)]));
      setLoaded({ fields: fields.map(fieldOf), lists: lists.map(({ list }) => list), before });
    };
    load().catch((error) => setTrouble(whyNot(error)));
  }, [name]);
  return (
    <>
      <h1>
        <bdi>{name || t("editor.new")}</bdi>
      </h1>
      {trouble && (
        <p class="banner warning" role="alert">
          <span>{trouble}</span> <a href="#campaigns">{t("view.campaigns")}</a>
        </p>
      )}
      {loaded ? <Form name={name} {...loaded} /> : !trouble && <p>{t("coming")}</p>}
    </>
  );
}

function Form({ name, fields, lists, before }: Loaded & { name: string }) {
  const [begun] = useState(() => draftOf(fields, before));
  const [draft, setDraft] = useState<Draft>({ ...begun, ...unsaved.get(name) });
  const [trouble, setTrouble] = useState(linesByField(""));
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => {
    const field = form.current!.querySelector(".wrong")?.closest("fieldset, .field");
    const first = field?.querySelector<HTMLElement>("input, select, a");
    for (let at = first?.parentElement; at; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
    (first ?? form.current!.querySelector<HTMLElement>("[role=alert]"))?.focus();
  }, [trouble]);
  const change = (key: string, value: Draft[string]) => {
    unsaved.set(name, { ...unsaved.get(name), [key]: value });
    setDraft({ ...draft, [key]: value });
  };
  const save = async (event: Event) => {
    event.preventDefault();
    const values = valuesOf(fields, draft);
    const changes = changesOf(fields, begun, draft);
    setBusy(true);
    try {
      const request = before
        ? ask("ChangeCampaign", { name, values: changes })
        : ask("CreateCampaign", { values: { ...changes, name: values.name, skill: values.skill, lists: values.lists } });
      await request;
      unsaved.delete(name);
      say(t("editor.saved", { name: String(values.name) }));
      location.hash = "campaigns";
    } catch (error) {
      setTrouble(linesByField(whyNot(error)));
    }
    setBusy(false);
  };
  const part = { fields, draft, change, lists, trouble: trouble.of, isNew: !before };
  const grouped = new Set(GROUPS.flatMap(([, keys]) => keys));
  const others = [...new Set(fields.map(({ table, key }) => table || key))].filter((key) => !grouped.has(key));
  const unknown = [...trouble.of].filter(([path]) => !fields.some((field) => isAt(field, path)));
  const lines = [...trouble.rest.filter(Boolean), ...unknown.map(([path, why]) => `${path}: ${why}`)];
  return (
    <form class="editor" ref={form} noValidate aria-busy={isBusy} onSubmit={save}>
      {lines.length > 0 && (
        <div class="banner warning" role="alert" tabIndex={-1}>
          <ul>
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </div>
      )}
      {GROUPS.map(([title, keys]) => (
        <section class="card" key={title}>
          <h2>{t(title)}</h2>
          <Parts {...part} keys={keys} />
        </section>
      ))}
      <details class="card">
        <summary>{t("editor.more")}</summary>
        <Parts {...part} keys={others} />
      </details>
      <div class="row acts">
        <button class="primary" disabled={isBusy}>
          {t("save")}
        </button>
        <a href="#campaigns" onClick={() => unsaved.delete(name)}>
          {t("cancel")}
        </a>
      </div>
    </form>
  );
}

/** Whether a refusal's path leads to a field: `codes[2].name` to that of the table codes. */
function isAt(field: Field, path: string): boolean {
  const [table = "", key] = path.replace(/\[\d+\]/, "").split(".");
  return key === undefined ? field.key === table && !field.table : field.table === table && field.key === key;
}

interface Part {
  fields: Field[];
  draft: Draft;
  change: (key: string, value: Draft[string]) => void;
  lists: string[];
  trouble: Map<string, string>;
  isNew: boolean;
}

function Parts({ keys, ...part }: Part & { keys: string[] }) {
  return (
    <div class="fields">
      {keys.map((key) => {
        const own = part.fields.filter((field) => (field.table || field.key) === key);
        const [field] = own;
        if (field === undefined) return null;
        if (field.array) return <Rows key={key} table={key} own={own} {...part} />;
        if (field.table) return <Table key={key} table={key} own={own} {...part} />;
        return (
          <Input
            key={key}
            field={field}
            path={key}
            value={part.draft[key] as Typed}
            names={key === "lists" ? part.lists : undefined}
            isFixed={key === "name" && !part.isNew}
            trouble={part.trouble}
            change={(value) => part.change(key, value)}
          />
        );
      })}
    </div>
  );
}

/** The word for a field, or what its name says. */
function labelOf(key: string): string {
  return tIf(`field.${key}`) ?? key.replaceAll("_", " ");
}

function Table({ table, own, draft, change, trouble }: Part & { table: string; own: Field[] }) {
  const row = draft[table] as TypedRow;
  return (
    <fieldset class="wide">
      <legend>{labelOf(table)}</legend>
      <div class="fields">
        {own.map((field) => (
          <Input
            key={field.key}
            field={field}
            path={`${table}.${field.key}`}
            value={row[field.key]!}
            trouble={trouble}
            change={(value) => change(table, { ...row, [field.key]: value })}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Rows({ table, own, fields, draft, change, trouble }: Part & { table: string; own: Field[] }) {
  const rows = draft[table] as TypedRow[];
  const put = (place: number, row: TypedRow) => change(table, rows.map((each, at) => (at === place ? row : each)));
  return (
    <fieldset class="wide">
      <legend>{labelOf(table)}</legend>
      {rows.map((row, place) => (
        <div class="entry" role="group" aria-label={`${labelOf(table)} ${place + 1}`} key={place}>
          {own.map((field) => (
            <Input
              key={field.key}
              field={field}
              path={`${table}[${place + 1}].${field.key}`}
              value={row[field.key]!}
              trouble={trouble}
              change={(value) => put(place, { ...row, [field.key]: value })}
            />
          ))}
          <button type="button" onClick={() => change(table, rows.filter((_, at) => at !== place))}>
            {t("editor.remove")}
          </button>
        </div>
      ))}
      <button type="button" onClick={() => change(table, [...rows, rowOf(fields, table)])}>
        {t("editor.add")}
      </button>
    </fieldset>
  );
}

interface InputProps {
  field: Field;
  path: string;
  value: Typed;
  /** what may be chosen, of a field whose names are known */
  names?: string[] | undefined;
  isFixed?: boolean;
  trouble: Map<string, string>;
  change: (value: Typed) => void;
}

function Input({ field, path, value, names, isFixed, trouble, change }: InputProps) {
  const why = trouble.get(path);
  const help = `${path}-help`;
  const common = {
    "aria-invalid": why !== undefined,
    "aria-describedby": help,
    disabled: isFixed,
  };
  const hint = (
    <small id={help}>
      {why !== undefined && <strong class="wrong">{why} </strong>}
      {field.about} <span class="allowed">{t("editor.allowed", { what: field.allowed })}</span>
    </small>
  );
  const label = labelOf(field.key);
  const kind = names ? "choices" : kindOf(field);
  if (kind === "choices") {
    const chosen = Array.isArray(value) ? value : value.toString().split(",").map((each) => each.trim()).filter(Boolean);
    const all = [...new Set([...(names ?? field.choices), ...chosen])];
    const put = (next: string[]) => change(Array.isArray(value) ? next : next.join(", "));
    return (
      <fieldset class="choices" aria-describedby={help}>
        <legend>{label}</legend>
        <div class="row">
          {!all.length && <a href="#contacts">{t("lists.none")}</a>}
          {all.map((each, place) => (
            <label class="choice" key={each}>
              <input
                type="checkbox"
                aria-invalid={place === 0 && why !== undefined}
                checked={chosen.includes(each)}
                onChange={(event) =>
                  put(event.currentTarget.checked ? [...chosen, each] : chosen.filter((one) => one !== each))
                }
              />
              <bdi>{each}</bdi>
            </label>
          ))}
        </div>
        {hint}
      </fieldset>
    );
  }
  if (kind === "yes") {
    return (
      <div class="field">
        <label class="choice">
          <input {...common} type="checkbox" checked={value === true} onChange={(event) => change(event.currentTarget.checked)} />
          {label}
        </label>
        {hint}
      </div>
    );
  }
  return (
    <div class="field">
      <label>
        {label}
        {kind === "choice" ? (
          <select {...common} value={String(value)} onChange={(event) => change(event.currentTarget.value)}>
            {field.choices.map((each) => (
              <option value={each} key={each}>
                {tIf(`pacing.${each}`) ?? each}
              </option>
            ))}
          </select>
        ) : (
          <input
            {...common}
            inputMode={kind === "number" ? "decimal" : undefined}
            autocomplete="off"
            value={String(value)}
            onInput={(event) => change(event.currentTarget.value)}
          />
        )}
      </label>
      {hint}
    </div>
  );
}
