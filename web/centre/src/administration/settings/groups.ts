import { call } from "../../../../client/api";
import type { ModuleInfo, SettingsAnswer, SettingsGroupsAnswer } from "../../../../client/types";
import { fieldTitle, moduleSingular, moduleTitle } from "../../records/titles";
import { ACCESS, asked } from "../../session/session.svelte";
import type { Values } from "./draft";
import { named, templatesFor } from "./references";
import { fieldsOf, plain, type SettingField } from "./schema";
import { translated } from "./translate";

/** A group of settings as pages show it. */
export interface Group {
  key: string;
  title: string;
  about: string;
  fields: SettingField[];
  values: Values;
}

/** @throws {Refusal} where the server refuses */
export async function groupOf(key: string): Promise<Group> {
  return shown(await asked(call<SettingsAnswer<Values>>(ACCESS, "GET", `settings/${key}`)));
}

/** Changes a group. @throws {Refusal} with the server's sentence about what is wrong */
export async function change(key: string, changes: Values): Promise<Group> {
  return shown(await asked(call<SettingsAnswer<Values>>(ACCESS, "PUT", `settings/${key}`, changes)));
}

/** Every group, by title. @throws {Refusal} where the server refuses */
export async function allGroups(): Promise<Group[]> {
  const { groups } = await asked(call<SettingsGroupsAnswer>(ACCESS, "GET", "settings"));
  const all = await Promise.all(groups.map(({ key }) => groupOf(key)));
  return all.toSorted((one, other) => one.title.localeCompare(other.title));
}

/** What belongs together, for groups where the alphabet, which is the server's order, tears it apart. */
const ORDER: Record<string, string[]> = {
  notifications: ["assigned", "previous_owner", "cc_address", "cc_manager", "lockout_users"],
  audit: ["log_all", "fields"],
  sales_orders: [
    "status_notification",
    "trigger_field",
    "trigger_values",
    "users",
    "email_template_id",
    "pdf_template_id",
  ],
  credit_check: ["enabled", "default_limit", "administrators", "override_users", "quotes"],
  duplicates: ["modules", "rules", "send_notification", "users"],
  portal: ["document_user_id", "document_text"],
  helpdesk: [
    "escalation",
    "default_response_hours",
    "severity_hours",
    "email_hours",
    "approaching_minutes",
    "closed_statuses",
    "waiting_statuses",
    "urgent_values",
  ],
  company: ["time_zone", "opening_hours", "holidays", "group_hours", "name", "address"],
};

/** The order of the fields of lists, such as rules. */
const ROWS: Record<string, string[]> = {
  duplicates: ["module", "field", "rule", "length"],
  personnel: ["field", "days_before", "recipients", "template", "yearly", "enabled"],
};

function ordered(key: string, fields: SettingField[]): SettingField[] {
  return inOrder(ORDER[key] ?? [], fields).map((field) =>
    field.kind.kind === "rows"
      ? { ...field, kind: { ...field.kind, fields: inOrder(ROWS[key] ?? [], field.kind.fields) } }
      : field,
  );
}

function inOrder(order: readonly string[], fields: SettingField[]): SettingField[] {
  const place = ({ name }: SettingField) => (order.includes(name) ? order.indexOf(name) : order.length);
  return fields.toSorted((one, other) => place(one) - place(other));
}

async function shown({ key, title, settings, schema }: SettingsAnswer<Values>): Promise<Group> {
  const group = {
    key,
    title,
    about: plain(schema.description ?? ""),
    fields: ordered(key, fieldsOf(schema)),
    values: settings,
  };
  return named(translated(group), await templatesFor(group));
}

let known: Promise<ModuleInfo[]> | null = null;

/** The modules of the CRM, named in the reader's language; none where they cannot be had: settings do without. */
export async function allModules(): Promise<ModuleInfo[]> {
  known ??= asked(call<{ modules: ModuleInfo[] }>(ACCESS, "GET", "record")).then(({ modules }) => modules);
  try {
    return (await known).map((module) => ({
      ...module,
      title: moduleTitle(module),
      singular: moduleSingular(module),
      fields: module.fields.map((field) => ({ ...field, title: fieldTitle(field.name, field.title) })),
    }));
  } catch {
    known = null;
    return [];
  }
}

/** A field that one searches for, where it stands. */
export interface Hit {
  group: Group;
  /** Those of its fields that match; none where only the group itself does */
  fields: SettingField[];
}

/** The groups that have all of these words, in themselves or in one of their fields. */
export function search(groups: readonly Group[], words: string): Hit[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const has = (...texts: string[]) => {
    const text = texts.join("\n").toLocaleLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  return groups.flatMap((group) => {
    const fields =
      wanted.length > 0 ? group.fields.filter((one) => has(one.title, one.about, group.title)) : [];
    const isHit = fields.length > 0 || has(group.title, group.about);
    return isHit ? [{ group, fields: has(group.title) ? [] : fields }] : [];
  });
}
