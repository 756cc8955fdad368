import { addDays, type LocalDate, wallAt } from "./zone";

/** Whose eyes a time is for. */
export interface Reader {
  language: string;
  zone: string;
}

/** The words that stand for the two nearest days. */
interface NearDays {
  today: string;
  yesterday: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(instant: number, { language, zone }: Reader, options: Intl.DateTimeFormatOptions): string {
  const key = language + zone + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(language, { ...options, timeZone: zone })));
  return made.format(instant);
}

/** "14:05", as the language writes it. */
export function clockTime(instant: number, reader: Reader): string {
  return format(instant, reader, { timeStyle: "short" });
}

/** "Thu, 19 Nov 2026, 14:05 GMT": nothing left to guess. */
export function fullTime(instant: number, reader: Reader): string {
  return format(instant, reader, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  });
}

/** "Mon 23 Nov, 09:00": when something will be. */
export function comingTime(instant: number, reader: Reader): string {
  return format(instant, reader, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "numeric",
    minute: "2-digit",
  });
}

/** The heading of a day: near ones by name, others by weekday and date, those of other years with the year. */
export function dayName(date: LocalDate, now: number, reader: Reader, near: NearDays): string {
  const today = wallAt(now, reader.zone).date;
  if (date === today) return near.today;
  if (date === addDays(today, -1)) return near.yesterday;
  const year = date.slice(0, 4) === today.slice(0, 4) ? undefined : "numeric";
  const noon = Date.parse(`${date}T12:00Z`);
  return format(noon, { ...reader, zone: "UTC" }, { weekday: "long", day: "numeric", month: "long", year });
}

/** A date alone, for a filter. */
export function dateName(date: LocalDate, language: string): string {
  return format(Date.parse(`${date}T12:00Z`), { language, zone: "UTC" }, { dateStyle: "medium" });
}
