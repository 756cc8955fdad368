import type { ModuleInfo } from "../../../../client/types";
import { humanised, languageTag } from "../../text/text.svelte";
import { a } from "../words";
import { isOn, namesOf } from "./draft";
import { isMap, isSame, type SettingField } from "./schema";

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

/** A value in a few words, such as the default's. */
export function sayValue(field: SettingField, value: unknown, modules: readonly ModuleInfo[]): string {
  const { kind } = field;
  const words = a().group;
  if (kind.kind === "switches") return saySwitches(field, value, modules);
  if (value === null || value === undefined || value === "") return words.none;
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
  return typeof value === "string" ? value : JSON.stringify(value);
}

function saySwitches(field: SettingField, value: unknown, modules: readonly ModuleInfo[]): string {
  const names = namesOf(field, value, othersOf(field, value, modules));
  const on = names.filter((name) => isOn(field, value, name));
  if (names.length > 0 && on.length === names.length) return a().group.onForAll;
  if (on.length === 0) return a().group.offForAll;
  return a().group.onFor(on.map((name) => nameOf(name, modules)).join(", "));
}
