import type { AuditEntry, ModuleInfo } from "../../../../client/types";
import { visible } from "../../delivery/visible";
import { humanised, languageTag } from "../../text/text.svelte";
import type { People } from "../people";
import type { Group } from "../settings/groups";
import { sayValue } from "../settings/say";
import { isMap, isSame } from "../settings/schema";
import { a } from "../words";

/** Fields that hold the number of a user, in every module. */
const USERS = new Set(["assigned_to", "previous_assigned_to", "user_id"]);

/** What an entry's numbers and names stand for. */
export interface Known {
  modules: readonly ModuleInfo[];
  groups: readonly Group[];
  people: People;
}

/** What became of one field, or of one member of it. */
export interface Change {
  /** The member; null where the field is changed as one */
  name: string | null;
  from: string;
  to: string;
}

/** The users that an entry names: who did it, and whom it is about. */
export function peopleIn({ field, from, to, actor_id }: AuditEntry): number[] {
  const values = USERS.has(field) ? [from, to, actor_id] : [actor_id];
  return values.filter((value): value is number => typeof value === "number");
}

/** "Contact 12", or the title of a group of settings. */
export function subjectName({ module, record_id, group }: AuditEntry, { modules, groups }: Known): string {
  if (module === null)
    return groups.find((one) => one.key === group)?.title ?? humanised(group ?? a().audit.nowhere);
  const singular = modules.find((one) => one.name === module)?.singular ?? humanised(module);
  return record_id === null ? singular : `${singular} ${visible(record_id)}`;
}

/** What people call the field. */
export function fieldName({ module, group, field }: AuditEntry, { modules, groups }: Known): string {
  const known: Record<string, string> = a().audit.fields;
  if (module !== null && Object.hasOwn(known, field)) return known[field] ?? field;
  const fields =
    module === null
      ? groups.find((one) => one.key === group)?.fields
      : modules.find((one) => one.name === module)?.fields;
  return fields?.find((one) => one.name === field)?.title ?? humanised(field);
}

/** Before and after; of an object only the members that differ. */
export function changesIn(entry: AuditEntry, known: Known): Change[] {
  const { from, to } = entry;
  if (!isMap(from) || !isMap(to)) {
    return [{ name: null, from: said(entry, from, known), to: said(entry, to, known) }];
  }
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return names
    .filter((name) => !isSame(from[name], to[name]))
    .map((name) => ({
      name: known.modules.find((module) => module.name === name)?.title ?? humanised(name),
      from: plainly(from[name]),
      to: plainly(to[name]),
    }));
}

function said(entry: AuditEntry, value: unknown, { modules, groups, people }: Known): string {
  if (USERS.has(entry.field) && typeof value === "number") {
    return people.find(value)?.name ?? a().list.user(value);
  }
  const group = entry.module === null ? groups.find((one) => one.key === entry.group) : undefined;
  const field = group?.fields.find((one) => one.name === entry.field);
  return field && value !== null && value !== undefined
    ? visible(sayValue(field, value, modules))
    : plainly(value);
}

function plainly(value: unknown): string {
  const words = a().group;
  if (value === null || value === undefined || value === "") return words.none;
  if (typeof value === "boolean") return value ? words.on : words.off;
  if (typeof value === "number")
    return new Intl.NumberFormat(languageTag(), { useGrouping: false }).format(value);
  return visible(typeof value === "string" ? value : JSON.stringify(value));
}
