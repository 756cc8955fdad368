import { isMap, isSame, type SettingField } from "./schema";

/** The values of a group by field. */
export type Values = Record<string, unknown>;

/** Whether a switch of a map is on; one that is left out is as the field says. */
export function isOn(field: SettingField, value: unknown, name: string): boolean {
  const given = isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (typeof given === "boolean") return given;
  return field.kind.kind === "switches" && field.kind.absent;
}

/** The names that a map of switches is shown with: those that the schema or a value names, and `others`. */
export function namesOf(field: SettingField, value: unknown, others: readonly string[]): string[] {
  const own = field.kind.kind === "switches" ? field.kind.names : [];
  return [...new Set([...others, ...own, ...Object.keys(isMap(value) ? value : {})])];
}

/** Whether two values of a field come to the same. */
export function isEqual(field: SettingField, one: unknown, other: unknown): boolean {
  if (field.kind.kind !== "switches") return isSame(one, other);
  const names = new Set([...namesOf(field, one, []), ...namesOf(field, other, [])]);
  return [...names].every((name) => isOn(field, one, name) === isOn(field, other, name));
}

/** The fields whose drafts differ from what is stored; a secret's draft is undefined until it is changed. */
export function changesOf(fields: readonly SettingField[], stored: Values, draft: Values): Values {
  const changed = fields.filter(({ name, kind, ...field }) =>
    kind.kind === "secret"
      ? draft[name] !== undefined
      : !isEqual({ name, kind, ...field }, stored[name], draft[name]),
  );
  return Object.fromEntries(
    changed.map(({ name, kind }) => [name, kind.kind === "secret" ? (draft[name] ?? "") : draft[name]]),
  );
}

/** What the form begins with. */
export function draftOf(fields: readonly SettingField[], stored: Values): Values {
  return Object.fromEntries(
    fields.map(({ name, kind }) => [name, kind.kind === "secret" ? undefined : stored[name]]),
  );
}

/** A row that one adds. A switch is said as it is shown, also where the server would choose for whoever says nothing. */
export function freshRow(fields: readonly SettingField[]): Values {
  return Object.fromEntries(
    fields.map(({ name, usual, kind }) => [
      name,
      usual === null && kind.kind === "switch" ? false : structuredClone(usual),
    ]),
  );
}

/** What is wrong, with the field that the server's sentence names first. */
export function placeOf(reason: string, fields: readonly SettingField[]): SettingField | null {
  const places = fields
    .map((field) => ({ field, at: reason.search(new RegExp(`\\b${field.name}\\b`)) }))
    .filter(({ at }) => at >= 0);
  return places.toSorted((one, other) => one.at - other.at)[0]?.field ?? null;
}

/** The server's sentence with the field called as the page calls it. */
export function reworded(reason: string, { name, title }: SettingField): string {
  return reason.replace(new RegExp(`^"?${name}"?(?=:?\\s)`), title);
}
