/** A date without a time, as `YYYY-MM-DD`; such texts sort as their dates do. */
export type LocalDate = string;

/** What a clock on the wall of a zone shows. */
export interface Wall {
  date: LocalDate;
  hour: number;
  minute: number;
  second: number;
  /** 1 Monday … 7 Sunday */
  weekday: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format takes far longer than using it. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA-u-ca-iso8601", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
}

/** The wall clock of `zone` at an instant. */
export function wallAt(instant: number, zone: string): Wall {
  const part: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) part[type] = value;
  const date = `${part.year?.padStart(4, "0")}-${part.month}-${part.day}`;
  return {
    date,
    hour: Number(part.hour),
    minute: Number(part.minute),
    second: Number(part.second),
    weekday: new Date(`${date}T00:00Z`).getUTCDay() || 7,
  };
}

/** How far the zone's clock is ahead of UTC at an instant, in milliseconds. */
function ahead(instant: number, zone: string): number {
  const { date, hour, minute, second } = wallAt(instant, zone);
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

/**
 * The instant at which the zone's clock shows a date and time. Of a time that comes twice it is the first;
 * a time that a clock change skips is read as the same distance after the change.
 */
export function instantOf(date: LocalDate, hour: number, minute: number, zone: string): number {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const asUtc = Date.UTC(year, month - 1, day, hour, minute);
  const before = asUtc - ahead(asUtc - 86_400_000, zone);
  const after = asUtc - ahead(asUtc + 86_400_000, zone);
  const shows = (instant: number) => instant + ahead(instant, zone) === asUtc;
  return shows(before) ? before : shows(after) ? after : before;
}

/** A date some days later, or earlier. */
export function addDays(date: LocalDate, days: number): LocalDate {
  const moved = new Date(`${date}T00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** The instant at which a date begins in a zone. */
export function dayStart(date: LocalDate, zone: string): number {
  return instantOf(date, 0, 0, zone);
}

/** Whether a text is a date that exists. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && addDays(text, 0) === text;
}

/** The server's own form: UTC, whole seconds. Texts of this form sort as their instants do. */
export function rfc3339(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, "Z");
}
