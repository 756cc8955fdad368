import { call } from "../../../../client/api";
import type { TemplateInfo } from "../../../../client/types";
import { ACCESS, asked } from "../../session/session.svelte";
import { a } from "../words";
import type { Group } from "./groups";
import { isMap, type SettingField } from "./schema";

/** Which templates a field holds the number of, by its name; null: it holds none. */
export function templatesOf({ name, kind }: SettingField): TemplateInfo["kind"] | null {
  if (kind.kind !== "number" || !/^(.+_)?template(_id)?$/.test(name)) return null;
  return name.startsWith("pdf_") ? "pdf" : "email";
}

/** Whether a field holds the number of a user. */
const isPerson = ({ name, kind }: SettingField) => kind.kind === "number" && name.endsWith("_user_id");

/**
 * A group whose fields offer templates and people by name: what is stored stays a number.
 *
 * @param templates null where they cannot be had: their numbers are written then
 */
export function named(group: Group, templates: readonly TemplateInfo[] | null): Group {
  const isShippedElse = ["helpdesk", "personnel"].includes(group.key);
  const fields = group.fields.map((field) => {
    const value = group.values[field.name];
    if (field.kind.kind !== "rows") return ofTemplates(field, [value], templates, isShippedElse);
    const rows = Array.isArray(value) ? value.filter(isMap) : [];
    const parts = field.kind.fields.map((part) => {
      const given = rows.map((row) => row[part.name]);
      return ofTemplates(part, given, templates, isShippedElse);
    });
    return { ...field, kind: { ...field.kind, fields: parts } };
  });
  return {
    ...group,
    fields: fields.map((field) => (isPerson(field) ? { ...field, kind: { kind: "person" } } : field)),
  };
}

/** A template that is not there any more is offered by its number: else what is stored would look like nothing. */
function ofTemplates(
  field: SettingField,
  values: readonly unknown[],
  templates: readonly TemplateInfo[] | null,
  isShippedElse: boolean,
): SettingField {
  const kind = templatesOf(field);
  if (!kind || !templates) return field;
  const known = templates.filter((one) => one.kind === kind);
  const gone = [...new Set(values)].filter(
    (value) => typeof value === "number" && !known.some(({ id }) => id === value),
  );
  // Where no template is named, letters have the words of a shipped one; orders have none.
  const none = { value: null, title: a().templates.asShipped, about: "" };
  const options = [
    ...(isShippedElse ? [none] : []),
    ...known.map(({ id, name }) => ({ value: id, title: name, about: "" })),
    ...gone.map((value) => ({ value, title: a().templates.number(Number(value)), about: "" })),
  ];
  return { ...field, isNullable: field.isNullable && !isShippedElse, kind: { kind: "choice", options } };
}

let asking: Promise<TemplateInfo[]> | null = null;

/** The templates, for groups that name some; null where they cannot be had. Who asks meanwhile gets the same answer. */
export async function templatesFor(group: Group): Promise<readonly TemplateInfo[] | null> {
  const all = group.fields.flatMap((field) => (field.kind.kind === "rows" ? field.kind.fields : [field]));
  if (!all.some(templatesOf)) return null;
  asking ??= asked(call<{ templates: TemplateInfo[] }>(ACCESS, "GET", "template"))
    .then(({ templates }) => templates)
    .finally(() => (asking = null));
  return asking.catch(() => null);
}
