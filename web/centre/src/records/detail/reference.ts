import type { ModuleInfo } from "../../../../client/types";

/** A record that another one refers to. */
export interface Reference {
  module: string;
  id: string;
}

/** The field that some records name another one by, and the field that says of which module that is. */
const RELATED = "related_id";
export const RELATED_MODULE = "related_module";

/** Whether a field may hold the id of another record, by its name. */
export function isReference(name: string, modules: readonly ModuleInfo[]): boolean {
  return name === RELATED || moduleReferredTo(name, {}, modules) !== undefined;
}

/**
 * The module of the record that a field is to name: `company_id` one of companies, whatever it holds.
 *
 * @param fields what else the record holds: requests to reassign name the module of what they are about
 */
export function moduleReferredTo(
  name: string,
  fields: Readonly<Record<string, unknown>>,
  modules: readonly ModuleInfo[],
): ModuleInfo | undefined {
  if (name === RELATED) return modules.find((module) => module.name === fields[RELATED_MODULE]);
  const singular = /^(.+)_id$/.exec(name)?.[1];
  return modules.find((module) => module.singular.toLowerCase().replaceAll(" ", "_") === singular);
}

/** Where a field leads that holds the id of another record: `company_id` to companies; null where it holds none. */
export function referenceOf(
  name: string,
  fields: Readonly<Record<string, unknown>>,
  modules: readonly ModuleInfo[],
): Reference | null {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const id = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const module = id ? moduleReferredTo(name, fields, modules) : undefined;
  return module ? { module: module.name, id } : null;
}

/** What a field means, without what only programs need: that it holds an id. */
export function withoutId(description: string): string {
  return description.replace(/: id of a record of \w+$/, "").replace(/^Id of the record\b/, "The record");
}
