// What a campaign may have, what is typed of it, and where each line of a refusal belongs; nothing here waits or draws.

import type { Row } from "./server";

/** A field as the server describes it; `table` is empty for one of the campaign's own. */
export interface Field {
  table: string;
  array: boolean;
  key: string;
  about: string;
  allowed: string;
  default: unknown;
  choices: string[];
}

export type Kind = "text" | "number" | "yes" | "choice" | "choices" | "names";
/** Values as the server has them. */
export type Values = Record<string, unknown>;
/** A value while it is typed: numbers and names are texts, so that whatever stands there can be told. */
export type Typed = string | boolean | string[];
export type TypedRow = Record<string, Typed>;
export type Draft = Record<string, Typed | TypedRow | TypedRow[]>;

export function fieldOf(row: Row): Field {
  return { ...row, default: JSON.parse(String(row.default)), choices: JSON.parse(String(row.choices)) } as Field;
}

/** Words that stand for numbers, in fields that take either. */
const NUMBER_OR_WORD = /^a (whole )?number\b/;

export function kindOf(field: Field): Kind {
  if (Array.isArray(field.default)) return field.choices.length ? "choices" : "names";
  if (field.choices.length) return "choice";
  if (typeof field.default === "boolean") return "yes";
  return NUMBER_OR_WORD.test(field.allowed) ? "number" : "text";
}

export function typed(field: Field, value: unknown): Typed {
  const kind = kindOf(field);
  if (kind === "yes") return value === true;
  if (kind === "choices") return (value as string[] | undefined) ?? [];
  if (kind === "names") return ((value as string[] | undefined) ?? []).join(", ");
  return value === null || value === undefined ? "" : String(value);
}

/** Return what is typed as the server takes it; undefined for what an empty text leaves out. */
function meant(field: Field, value: Typed): unknown {
  switch (kindOf(field)) {
    case "names":
      return (value as string).split(",").map((each) => each.trim()).filter(Boolean);
    case "number": {
      const text = (value as string).trim();
      if (!text) return field.default === null ? undefined : text;
      const number = Number(text);
      return Number.isNaN(number) ? text : number;
    }
    default:
      return value === "" && field.default === null ? undefined : value;
  }
}

/** Return what a form begins with: the values that a campaign has, or the defaults of a new one. */
export function draftOf(fields: Field[], values?: Values): Draft {
  const draft: Draft = {};
  for (const field of fields) {
    const { table, array, key } = field;
    if (!table) draft[key] = typed(field, values ? values[key] : field.default);
    else if (array) draft[table] ??= rowsOf(fields, table, (values?.[table] as Values[] | undefined) ?? []);
    else {
      const row = (draft[table] ??= {}) as TypedRow;
      row[key] = typed(field, values ? (values[table] as Values)[key] : field.default);
    }
  }
  return draft;
}

function rowsOf(fields: Field[], table: string, rows: Values[]): TypedRow[] {
  return rows.map((row) => rowOf(fields, table, row));
}

/** Return a row of a table as it is typed; a new one has the defaults. */
export function rowOf(fields: Field[], table: string, row?: Values): TypedRow {
  const own = fields.filter((field) => field.table === table);
  return Object.fromEntries(
    own.map((field) => [field.key, typed(field, row && field.key in row ? row[field.key] : field.default)]),
  );
}

function meantRow(fields: Field[], table: string, row: TypedRow): Values {
  const own = fields.filter((field) => field.table === table);
  const pairs = own.map((field) => [field.key, meant(field, row[field.key]!)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** Return what is typed as the server takes it. */
export function valuesOf(fields: Field[], draft: Draft): Values {
  const values: Values = {};
  for (const field of fields) {
    const { table, array, key } = field;
    if (!table) values[key] = meant(field, draft[key] as Typed);
    else if (!(table in values)) {
      values[table] = array
        ? (draft[table] as TypedRow[]).map((row) => meantRow(fields, table, row))
        : meantRow(fields, table, draft[table] as TypedRow);
    }
  }
  return values;
}

/** Return the values that differ from those before, both as they are typed; of a table all that it has. */
export function changesOf(fields: Field[], before: Draft, typed: Draft): Values {
  const [was, now] = [valuesOf(fields, before), valuesOf(fields, typed)];
  const differs = (key: string) => JSON.stringify(was[key]) !== JSON.stringify(now[key]);
  return Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== undefined && differs(key)));
}

/** Sort a refusal's lines by the field that each is of, such as `priority` or `codes[2].name`. */
export function linesByField(text: string): { of: Map<string, string>; rest: string[] } {
  const of = new Map<string, string>();
  const rest: string[] = [];
  for (const line of text.split("\n")) {
    const [, path, why] = /^([a-z_]+(?:\[\d+\])?(?:\.\w+)?): (.*)$/.exec(line) ?? [];
    if (path && why) of.set(path, of.has(path) ? `${of.get(path)}; ${why}` : why);
    else rest.push(line);
  }
  return { of, rest };
}
