import type { ModuleInfo } from "../../../../client/types";
import { languageTag } from "../../text/text.svelte";
import { a } from "../words";
import type { Values } from "./draft";
import { isMap } from "./schema";

/** What a group as it is filled in comes to, in a sentence; null for a group that speaks for itself. */
export function summaryOf(group: string, values: Values, modules: readonly ModuleInfo[]): string | null {
  switch (group) {
    case "reminders":
      return reminders(values);
    case "notifications":
      return notifications(values, modules);
    case "leads":
      return leads(values);
    case "audit":
      return audit(values);
    default:
      return null;
  }
}

const numberOf = (value: unknown) => (typeof value === "number" ? value : 0);

/** "1 day, 2 hours and 15 minutes"; empty for no time at all. */
export function lead(days: number, hours: number, minutes: number): string {
  const tag = languageTag();
  const parts = (
    [
      ["day", days],
      ["hour", hours],
      ["minute", minutes],
    ] as const
  ).filter(([, count]) => count > 0);
  const said = parts.map(([unit, count]) =>
    new Intl.NumberFormat(tag, { style: "unit", unit, unitDisplay: "long" }).format(count),
  );
  return new Intl.ListFormat(tag, { type: "conjunction" }).format(said);
}

function reminders({ default_days, default_hours, default_minutes }: Values): string {
  const before = lead(numberOf(default_days), numberOf(default_hours), numberOf(default_minutes));
  return before ? a().inWords.reminders(before) : a().inWords.noReminders;
}

function notifications(values: Values, modules: readonly ModuleInfo[]): string {
  const words = a().inWords;
  const told = (name: string, absent: boolean) => {
    const map = isMap(values[name]) ? values[name] : {};
    const names = modules.length > 0 ? modules.map((module) => module.name) : Object.keys(map);
    const on = names.filter((module) => (Object.hasOwn(map, module) ? map[module] === true : absent)).length;
    return on === 0 ? words.inNone : on === names.length ? words.inAll : words.inSome(on, names.length);
  };
  const cc = typeof values.cc_address === "string" ? values.cc_address.trim() : "";
  const copies = [...(cc ? [cc] : []), ...(values.cc_manager === true ? [words.theManager] : [])];
  const sentence = words.owners(told("assigned", true), told("previous_owner", false));
  if (copies.length === 0) return sentence;
  return `${sentence} ${words.copies(new Intl.ListFormat(languageTag()).format(copies))}`;
}

function leads({ conversion_notification }: Values): string {
  return conversion_notification === true ? a().inWords.conversion : a().inWords.noConversion;
}

function audit({ fields, log_all }: Values): string {
  if (log_all === true) return a().inWords.allLogged;
  const named = typeof fields === "string" ? fields.split("|").filter((field) => field.trim()).length : 0;
  return named > 0 ? a().inWords.someLogged(named) : a().inWords.ownersLogged;
}
