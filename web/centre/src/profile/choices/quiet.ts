import type { QuietWindow, Weekday } from "../../../../client/types";
import { addDays, instantOf, wallAt } from "../../time/zone";

/** The days of a week, as it begins on a Monday. */
export const DAYS: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** How many windows the server takes. */
export const MOST_WINDOWS = 7;

/** A window as it is edited: every day that counts is named. */
export interface Draft {
  days: Weekday[];
  from: string;
  to: string;
}

/** Windows to edit. */
export function draftsOf(windows: readonly QuietWindow[] | null): Draft[] {
  return (windows ?? []).map(({ days, from, to }) => ({ days: days ? inOrder(days) : [...DAYS], from, to }));
}

/** Windows to save: every day is none in particular. */
export function windowsOf(drafts: readonly Draft[]): QuietWindow[] {
  return drafts.map(({ days, from, to }) => ({
    ...(days.length < DAYS.length && { days: inOrder(days) }),
    from,
    to,
  }));
}

function inOrder(days: readonly Weekday[]): Weekday[] {
  return DAYS.filter((day) => days.includes(day));
}

/** What is to be added next: nights, then weekends. */
export function nextDraft(drafts: readonly Draft[]): Draft {
  if (drafts.length === 0) return { days: [...DAYS], from: "22:00", to: "07:00" };
  return { days: ["sat", "sun"], from: "00:00", to: "00:00" };
}

/** A stretch of time, as instants. */
interface Stretch {
  from: number;
  to: number;
}

/** The stretches that begin from yesterday to a week from today, as the wall clock of the zone shows them. */
function stretches(drafts: readonly Draft[], now: number, zone: string): Stretch[] {
  const { date: today } = wallAt(now, zone);
  const found: Stretch[] = [];
  for (let ahead = -1; ahead <= DAYS.length; ahead++) {
    const date = addDays(today, ahead);
    const day = DAYS[(new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7];
    for (const { days, from, to } of drafts) {
      if (!day || !days.includes(day) || !from || !to) continue;
      const at = (on: string, time: string) => {
        const [hour = 0, minute = 0] = time.split(":").map(Number);
        return instantOf(on, hour, minute, zone);
      };
      found.push({ from: at(date, from), to: at(to > from ? date : addDays(date, 1), to) });
    }
  }
  return found;
}

/** Whether it is quiet now and until when, else when it will be; null where it never is. */
export function quietAt(
  drafts: readonly Draft[],
  now: number,
  zone: string,
): { isNow: boolean; at: number } | null {
  const all = stretches(drafts, now, zone).sort((one, other) => one.from - other.from);
  let end = now;
  // A stretch that begins before another ends goes on with it.
  for (const { from, to } of all) if (from <= end && to > end) end = to;
  if (end > now) return { isNow: true, at: end };
  const next = all.find(({ from }) => from > now);
  return next ? { isNow: false, at: next.from } : null;
}
