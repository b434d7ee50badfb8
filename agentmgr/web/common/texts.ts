// What people read, in their language; the sentences of a page are in its texts/, those of all pages in texts/ here.

import { setting } from "./settings";
import de from "./texts/de.json";
import en from "./texts/en.json";

export const LANGUAGES = { en: "English", de: "Deutsch" };
export type Language = keyof typeof LANGUAGES;
export type Shared = keyof typeof en;
export type Values = Record<string, string | number>;

const SHARED: Record<Language, Record<Shared, string>> = { en, de };
const wanted = setting("language") || navigator.language.slice(0, 2);
export const language = (wanted in LANGUAGES ? wanted : "en") as Language;

/** How times are written: as the browser does it, in the language of the page. */
export const locale = navigator.languages.find((each) => each.startsWith(language)) ?? language;

/** Return what says the sentences of a page and those of all. */
export function texts<Own extends string>(own: Record<Language, Record<Own, string>>) {
  type Key = Own | Shared;
  const all: Record<string, string> = { ...SHARED[language], ...own[language] };

  /** Return a sentence, with values in place of its {names}. */
  const t = (key: Key, values: Values = {}): string =>
    (all[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
  /** Return the sentence of a key that may not be there. */
  const tIf = (key: string): string | undefined => (key in all ? t(key as Key) : undefined);
  return { t, tIf };
}

/** Says the sentences of all pages alone. */
export const shared = texts({ en: {}, de: {} });

/** Return a time that is left or that something lasts, as minutes and seconds. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
