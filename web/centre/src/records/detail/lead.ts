/** How long before something, as people set it. */
export interface Lead {
  days: number;
  hours: number;
  minutes: number;
}

const HOUR = 60;
const DAY = 24 * HOUR;

/** Minutes as days, hours and minutes. */
export function leadOf(minutes: number): Lead {
  return {
    days: Math.floor(minutes / DAY),
    hours: Math.floor((minutes % DAY) / HOUR),
    minutes: minutes % HOUR,
  };
}

/** Days, hours and minutes as minutes. */
export function minutesOf({ days, hours, minutes }: Lead): number {
  return days * DAY + hours * HOUR + minutes;
}

/** "1 hour and 30 minutes", in the words of a language; parts that are none are left out. */
export function leadName(minutes: number, language: string): string {
  const parts = Object.entries(leadOf(minutes)).filter(([, count]) => count > 0);
  const said = (parts.length > 0 ? parts : [["minutes", 0] as const]).map(([unit, count]) =>
    new Intl.NumberFormat(language, {
      style: "unit",
      unit: unit.slice(0, -1),
      unitDisplay: "long",
    }).format(count),
  );
  return new Intl.ListFormat(language, { type: "conjunction" }).format(said);
}
