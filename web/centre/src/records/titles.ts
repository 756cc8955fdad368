import type { ModuleInfo } from "../../../client/types";
import { languageTag, spoken } from "../text/text.svelte";
import { FIELDS, MODULES } from "./titles-de";

// The server names modules and fields in English; what it knows of itself we name in the reader's language too.

const isGerman = () => spoken(languageTag()) === "de";
const own = <Found>(table: Record<string, Found>, name: string): Found | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** What people call a module. */
export function moduleTitle({ name, title }: ModuleInfo): string {
  return (isGerman() && own(MODULES, name)?.[0]) || title;
}

/** What people call one record of a module. */
export function moduleSingular({ name, singular }: ModuleInfo): string {
  return (isGerman() && own(MODULES, name)?.[1]) || singular;
}

/** What people call a field. */
export function fieldTitle(name: string, title: string): string {
  return (isGerman() && own(FIELDS, name)) || title;
}

/** What a field means; the server says so in English, so that other languages make do with the title. */
export function fieldHint(name: string, description: string): string {
  return isGerman() && own(FIELDS, name) ? "" : description;
}
