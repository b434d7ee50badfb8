import { texts, type Shared } from "../common/texts";
import de from "./texts/de.json";
import en from "./texts/en.json";

export type Key = keyof typeof en | Shared;
export const { t, tIf } = texts({ en, de });
export { clock, language, locale } from "../common/texts";
