import { addDays, instantOf, wallAt } from "./zone";

/** For when a notification may be put away, each as an instant. */
export interface Presets {
  hour: number;
  /** 15:00; null once it is past 14:00, since then it is nearly the same as in an hour */
  afternoon: number | null;
  tomorrow: number;
  monday: number;
}

/** The presets on the clock of the reader's own zone, which need not be this device's. */
export function presets(now: number, zone: string): Presets {
  const { date, hour, weekday } = wallAt(now, zone);
  return {
    hour: now + 3_600_000,
    afternoon: hour < 14 ? instantOf(date, 15, 0, zone) : null,
    tomorrow: instantOf(addDays(date, 1), 9, 0, zone),
    monday: instantOf(addDays(date, 8 - weekday), 9, 0, zone),
  };
}
