// Numbers and times as people write them in the language of the page.

import { locale } from "./texts";

const NUMBER = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const PERCENT = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });

export const number = (of: number): string => NUMBER.format(of);
export const percent = (of: number): string => PERCENT.format(of);

/** Return the hour and minute of a time, seconds of the epoch, as it is here. */
export const timeOfDay = (at: number): string => TIME.format(at * 1000);

/** Return how long something lasts: minutes and seconds, from an hour on with hours. */
export function lasting(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (of: number) => String(of).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Return a day of the calendar here, as ISO 8601 has it; so many days before today. */
export function dayBefore(days = 0): string {
  const at = new Date();
  at.setDate(at.getDate() - days);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
