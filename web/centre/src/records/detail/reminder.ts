import type { ReminderState } from "../../../../client/types";
import { leadOf, minutesOf } from "./lead";

/** What people choose about the reminder of an activity. */
export interface Choice {
  mode: "default" | "own" | "off";
  /** Texts, since people write them; only for a lead time of one's own */
  days: string;
  hours: string;
  minutes: string;
}

/** The lead time that is offered first, in minutes. */
const OFFERED = 15;

/** The longest lead time, in minutes: a year. */
const LONGEST = 525_600;

/** The fields of an activity that hold what was chosen about its reminder. */
const FIELDS = ["reminder_on", "reminder_minutes"];

/** What was chosen, as the fields of an activity say; `state` is what that comes to. */
export function choiceOf(fields: Readonly<Record<string, unknown>>, state?: ReminderState): Choice {
  const { reminder_on: isOn, reminder_minutes: own } = fields;
  const mode = isOn === false ? "off" : isOn === true || typeof own === "number" ? "own" : "default";
  const lead = leadOf(typeof own === "number" ? own : state?.minutes || OFFERED);
  return { mode, days: String(lead.days), hours: String(lead.hours), minutes: String(lead.minutes) };
}

/** The lead time of a choice in minutes; NaN where what was written is none. */
export function leadMinutes({ days, hours, minutes }: Choice): number {
  const count = (text: string) => (/^\d{0,5}$/.test(text.trim()) ? Number(text) : NaN);
  return minutesOf({ days: count(days), hours: count(hours), minutes: count(minutes) });
}

/** Whether a lead time of one's own is none, or longer than the server takes. */
export function leadFault(choice: Choice): boolean {
  return choice.mode === "own" && !(leadMinutes(choice) <= LONGEST);
}

/** The choice as fields of the activity: all that it says, so that nothing of an earlier one stays. */
export function fieldsOf(choice: Choice): Record<string, boolean | number | null> {
  const isOn = { default: null, own: true, off: false }[choice.mode];
  return { reminder_on: isOn, reminder_minutes: choice.mode === "own" ? leadMinutes(choice) : null };
}

/** Whether a field belongs to the Reminders block. */
export function isReminderField(name: string): boolean {
  return FIELDS.includes(name);
}
