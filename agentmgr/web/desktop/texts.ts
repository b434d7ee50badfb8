// What people read, in their language; the sentences are in texts/.

import de from "./texts/de.json";
import en from "./texts/en.json";
import { kept } from "./kept";

export type Key = keyof typeof en;

const TEXTS: Record<string, Record<Key, string>> = { en, de };
export const LANGUAGES = { en: "English", de: "Deutsch" };

const wanted = kept.setting("language") || navigator.language.slice(0, 2);
export const language = wanted in TEXTS ? wanted : "en";

/** Return a sentence, with values in place of its {names}. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const text = TEXTS[language]?.[key] ?? en[key];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Return the sentence of a key that may not be there. */
export function tIf(key: string): string | undefined {
  return key in en ? t(key as Key) : undefined;
}

/** Return a time that is left or that something lasts, as minutes and seconds. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
