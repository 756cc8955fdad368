// Times as people say them.

const STEPS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** "5 minutes ago", "yesterday", "in 2 hours"; under a minute "now". `style` narrow gives "5m ago". */
export function relativeTime(
  instant: string | number,
  language: string,
  style: Intl.RelativeTimeFormatStyle = "long",
  now: number = Date.now(),
): string {
  const seconds = (+new Date(instant) - now) / 1000;
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto", style });
  for (const [unit, length] of STEPS)
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  return words.format(0, "second");
}

/** The date and time in full, for the title of a relative one. */
export function absoluteTime(instant: string | number, language: string): string {
  return new Date(instant).toLocaleString(language, { dateStyle: "full", timeStyle: "short" });
}

/**
 * The presets for putting a notification away, as instants on the reader's own clock: in an hour, this afternoon
 * (15:00; null once it is past 14:00), tomorrow at 9:00, next Monday at 9:00.
 */
export function snoozePresets(
  now: Date = new Date(),
): [hour: Date, afternoon: Date | null, tomorrow: Date, monday: Date] {
  const on = (days: number, hour: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  return [
    new Date(+now + 3_600_000),
    now.getHours() < 14 ? on(0, 15) : null,
    on(1, 9),
    on(8 - (now.getDay() || 7), 9),
  ];
}
