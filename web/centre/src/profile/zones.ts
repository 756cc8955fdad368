/** Names of today, under which people look for a place; browsers list some of them under older ones only. */
const RENAMED = [
  "UTC",
  "Africa/Asmara",
  "America/Nuuk",
  "Asia/Ho_Chi_Minh",
  "Asia/Kathmandu",
  "Asia/Kolkata",
  "Asia/Yangon",
  "Atlantic/Faroe",
  "Europe/Kyiv",
  "Pacific/Chuuk",
  "Pacific/Kanton",
  "Pacific/Pohnpei",
];

/** Every time zone that this browser knows. */
export function allZones(): string[] {
  return [...new Set([...Intl.supportedValuesOf("timeZone"), ...RENAMED.filter(isZone)])].sort();
}

/** The zones whose name holds all that was typed, however it is written; those that begin with it come first. */
export function matching(zones: readonly string[], typed: string): string[] {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/[\s_/-]+/g, " ")
      .trim();
  const wanted = plain(typed);
  const found = zones.filter((zone) => plain(zone).includes(wanted));
  const rank = (zone: string) => (plain(zone.split("/").at(-1) ?? zone).startsWith(wanted) ? 0 : 1);
  return found.sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
}

/** Whether this browser can show times of a zone; the server may know more than it. */
export function isZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}
