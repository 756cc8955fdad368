import type { ModuleInfo } from "../../../../client/types";
import { humanised, languageTag } from "../../text/text.svelte";
import { a } from "../words";
import { isOn, namesOf } from "./draft";
import { isMap, isSame, type Option, type SettingField } from "./schema";
import { DAYS, dayName, openingsOf } from "./week";

/** What people call a module; others by their names. */
export function nameOf(name: string, modules: readonly ModuleInfo[]): string {
  return modules.find((module) => module.name === name)?.title ?? humanised(name);
}

/** The modules, for a map of switches that names nothing else. */
export function othersOf(field: SettingField, value: unknown, modules: readonly ModuleInfo[]): string[] {
  const all = modules.map((module) => module.name);
  const isOfModules = namesOf(field, value, []).every((name) => all.includes(name));
  return isOfModules ? all : [];
}

const isNone = ({ value }: Option) => value === null;

/** A value in a few words, such as the default's. */
export function sayValue(field: SettingField, value: unknown, modules: readonly ModuleInfo[]): string {
  const { kind } = field;
  const words = a().group;
  if (kind.kind === "switches") return saySwitches(field, value, modules);
  const none = (kind.kind === "choice" && kind.options.find(isNone)?.title) || words.none;
  if (value === null || value === undefined || value === "") return none;
  if (typeof value === "boolean") return value ? words.on : words.off;
  if (typeof value === "number") return new Intl.NumberFormat(languageTag()).format(value);
  if (kind.kind === "choice" || kind.kind === "some") {
    const title = (one: unknown) =>
      kind.options.find((option) => isSame(option.value, one))?.title ?? String(one);
    return Array.isArray(value) ? value.map(title).join(", ") || words.none : title(value);
  }
  if (Array.isArray(value) && value.length === 0) return words.none;
  if (isMap(value) && Object.keys(value).length === 0) return words.none;
  if (kind.kind === "texts" && Array.isArray(value)) return value.join(", ");
  if (kind.kind === "week" && isMap(value)) return sayWeek(value);
  if (kind.kind === "rows" && Array.isArray(value)) return words.rows(value.length);
  if (kind.kind === "numbers" && isMap(value)) {
    return Object.entries(value)
      .map(([name, number]) => `${name}: ${String(number)}`)
      .join(", ");
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

function saySwitches(field: SettingField, value: unknown, modules: readonly ModuleInfo[]): string {
  const names = namesOf(field, value, othersOf(field, value, modules));
  const on = names.filter((name) => isOn(field, value, name));
  if (names.length > 0 && on.length === names.length) return a().group.onForAll;
  if (on.length === 0) return a().group.offForAll;
  return a().group.onFor(on.map((name) => nameOf(name, modules)).join(", "));
}

/** `Mon–Fri 09:00–17:00, Sat 10:00–12:00`. */
function sayWeek(week: Record<string, unknown>): string {
  const said = DAYS.map((day) => ({
    day,
    open: openingsOf(week[day])
      .map(([from, until]) => `${from}–${until}`)
      .join(" "),
  }));
  const runs: { first: string; last: string; open: string }[] = [];
  for (const { day, open } of said) {
    const before = runs.at(-1);
    if (before?.open === open) before.last = day;
    else runs.push({ first: day, last: day, open });
  }
  return runs
    .filter(({ open }) => open)
    .map(({ first, last, open }) => {
      const days =
        first === last ? dayName(first, "short") : `${dayName(first, "short")}–${dayName(last, "short")}`;
      return `${days} ${open}`;
    })
    .join(", ");
}
