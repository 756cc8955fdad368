import type { Notification } from "../../../client/types";
import { addDays, dayStart, type LocalDate, rfc3339, wallAt } from "../time/zone";

/** Neighbours in a list that came on the same day. */
export interface Day {
  date: LocalDate;
  /** Index of its first item in the list */
  first: number;
  count: number;
}

/**
 * Groups a list by day, in the reader's zone.
 *
 * What was snoozed comes back on top with the time at which it was first sent. A heading of long ago above
 * today's would be wrong, so it goes with the day of those below it.
 */
export function byDay(items: readonly Notification[], zone: string): Day[] {
  const days: Day[] = [];
  let ends = "";
  // From the oldest up, so that each knows the day below it. Times are texts of one form: no parsing of 100,000.
  for (let index = items.length - 1; index >= 0; index--) {
    const at = items[index]?.created_at ?? "";
    if (at >= ends) {
      const { date } = wallAt(Date.parse(at), zone);
      ends = rfc3339(dayStart(addDays(date, 1), zone));
      days.push({ date, first: index, count: 0 });
    }
    const day = days.at(-1);
    if (!day) continue;
    day.first = index;
    day.count++;
  }
  return days.reverse();
}
