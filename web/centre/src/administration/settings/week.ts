import { languageTag } from "../../text/text.svelte";

/** The days as the server calls them. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** From when until when something is open. */
export type Opening = [from: string, until: string];

/** What people call a day. */
export function dayName(day: string, length: "long" | "short" = "long"): string {
  // The first of January 2024 was a Monday.
  const date = new Date(Date.UTC(2024, 0, 1 + DAYS.findIndex((one) => one === day)));
  return new Intl.DateTimeFormat(languageTag(), { weekday: length, timeZone: "UTC" }).format(date);
}

/** The openings of a day: the server takes one pair, or a list of pairs. */
export function openingsOf(day: unknown): Opening[] {
  if (!Array.isArray(day)) return [];
  const isPair = (one: unknown): one is Opening =>
    Array.isArray(one) && one.length === 2 && one.every((time) => typeof time === "string");
  return isPair(day) ? [day] : day.filter(isPair);
}

/** As the server writes it. */
export function dayOf(openings: readonly Opening[]): unknown {
  const [only] = openings;
  return openings.length === 1 ? only : openings;
}
