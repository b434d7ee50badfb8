// Numbers and times as people write them in the language of the page.

import { language } from "./texts";

const WHOLE = new Intl.NumberFormat(language);
const PERCENT = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });

export const number = (of: number): string => WHOLE.format(of);
export const percent = (of: number): string => PERCENT.format(of);

/** Return how long something lasts: minutes and seconds, from an hour on with hours. */
export function lasting(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (of: number) => String(of).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
