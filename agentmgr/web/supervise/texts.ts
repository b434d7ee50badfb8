import { texts, type Shared } from "../common/texts";
import de from "./texts/de.json";
import en from "./texts/en.json";
import formsDe from "./texts/forms.de.json";
import formsEn from "./texts/forms.en.json";

export type Key = keyof typeof en | keyof typeof formsEn | Shared;
export const { t, tIf } = texts({ en: { ...en, ...formsEn }, de: { ...de, ...formsDe } });
export { locale } from "../common/texts";
