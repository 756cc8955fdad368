import type { ModuleInfo } from "../../../../client/types";

/** Where a field leads that holds the id of another record: `company_id` to companies; null where it holds none. */
export function referenceOf(
  name: string,
  fields: Readonly<Record<string, unknown>>,
  modules: readonly ModuleInfo[],
): { module: string; id: string } | null {
  const value = fields[name];
  const id = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const singular = /^(.+)_id$/.exec(name)?.[1];
  // Requests to reassign name the module of what they are about.
  const named = singular === "related" ? fields.related_module : undefined;
  const isMeant = (module: ModuleInfo) =>
    module.name === named || module.singular.toLowerCase().replaceAll(" ", "_") === singular;
  const module = singular && id ? modules.find(isMeant) : undefined;
  return module ? { module: module.name, id } : null;
}
