import type { Schema } from "../../../../client/types";
import { humanised } from "../../text/text.svelte";

/** One of the values that a field may have. */
export interface Option {
  value: unknown;
  title: string;
  about: string;
}

/** What one fills a field in with. */
export type Kind =
  | { kind: "switch" }
  | { kind: "number"; isWhole: boolean; least: number | null; most: number | null }
  /** A user, by number */
  | { kind: "person" }
  | { kind: "text"; isAddress: boolean; longest: number | null; hasLines: boolean }
  | { kind: "secret" }
  | { kind: "choice"; options: Option[] }
  /** A switch for each name: of a module, mostly; what is left out is as `absent` says */
  | { kind: "switches"; names: string[]; absent: boolean }
  /** Any of a few values */
  | { kind: "some"; options: Option[] }
  /** Texts, one a line */
  | { kind: "texts"; isAddress: boolean }
  /** A number for each name */
  | { kind: "numbers" }
  /** When something is open, day by day */
  | { kind: "week" }
  /** A list of things, each with fields of its own */
  | { kind: "rows"; fields: SettingField[] }
  /** What has no form of its own is written as the server stores it. */
  | { kind: "json" };

/** One field of a group, as the page draws it. */
export interface SettingField {
  name: string;
  title: string;
  /** What it does; empty where nothing is said */
  about: string;
  kind: Kind;
  /** Whether it may have no value at all */
  isNullable: boolean;
  /** What holds until somebody changes it */
  usual: unknown;
}

/** The fields of a group, in the schema's order. */
export function fieldsOf(schema: Schema, properties = schema.properties ?? {}): SettingField[] {
  return Object.entries(properties).map(([name, own]) => {
    const { schema: found, isNullable } = resolved(schema, own);
    return {
      name,
      title: own.title ?? found.title ?? humanised(name),
      about: plain(own.description ?? found.description ?? ""),
      kind: own.writeOnly ? { kind: "secret" } : kindOf(schema, found, own.default),
      isNullable,
      usual: own.default ?? null,
    };
  });
}

/** A doc comment as people read it: lines run on, and nothing stands in backticks. */
export function plain(text: string): string {
  return text
    .replaceAll("`", "")
    .replace(/\s*\n\s*/g, " ")
    .trim();
}

/** What a schema comes to once references are followed and `null` is set apart. */
function resolved(root: Schema, schema: Schema, isNullable = false): { schema: Schema; isNullable: boolean } {
  const target = schema.$ref?.startsWith("#/$defs/") && root.$defs?.[schema.$ref.slice("#/$defs/".length)];
  if (target) return resolved(root, target, isNullable);
  const [only] = schema.allOf ?? [];
  if (only && schema.allOf?.length === 1) return resolved(root, only, isNullable);
  const ways = schema.anyOf ?? schema.oneOf;
  const rest = ways?.filter((way) => way.type !== "null");
  if (ways && rest && rest.length < ways.length) {
    const [one] = rest;
    return rest.length === 1 && one
      ? resolved(root, one, true)
      : { schema: { ...schema, anyOf: rest }, isNullable: true };
  }
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const types = schema.type.filter((type) => type !== "null");
    return { schema: { ...schema, type: types.length === 1 ? types[0]! : types }, isNullable: true };
  }
  return { schema, isNullable };
}

function kindOf(root: Schema, schema: Schema, usual: unknown): Kind {
  const options = optionsOf(schema);
  if (options) return { kind: "choice", options };
  switch (schema.type) {
    case "boolean":
      return { kind: "switch" };
    case "integer":
    case "number": {
      const [least, most] = [schema.minimum ?? null, schema.maximum ?? null];
      return { kind: "number", isWhole: schema.type === "integer", least, most };
    }
    case "string":
      return {
        kind: "text",
        isAddress: schema.format === "email",
        longest: schema.maxLength ?? null,
        hasLines: schema.format === "multiline" || schema.format === "svg",
      };
    case "object":
      if (schema.format === "opening-hours") return { kind: "week" };
      return switchesOf(root, schema, usual) ?? numbersOf(root, schema) ?? { kind: "json" };
    case "array":
      return listOf(root, schema);
    default:
      return { kind: "json" };
  }
}

/** The values of a schema that names them; null where it admits others too. */
function optionsOf(schema: Schema): Option[] | null {
  const option = (value: unknown, { title, description }: Schema = {}): Option => ({
    value,
    title: title ?? humanised(String(value)),
    about: plain(description ?? ""),
  });
  if (schema.enum) return schema.enum.filter((value) => value !== null).map((value) => option(value));
  if (schema.const !== undefined) return [option(schema.const, schema)];
  const found = (schema.oneOf ?? schema.anyOf)?.map(optionsOf);
  return found?.length && found.every((options) => options !== null) ? found.flat() : null;
}

/** Switches by name, where every member of an object is one. */
function switchesOf(root: Schema, schema: Schema, usual: unknown): Kind | null {
  const { additionalProperties: further, properties = {}, propertyNames } = schema;
  const members = [...Object.values(properties), ...(typeof further === "object" ? [further] : [])];
  const areSwitches =
    members.length > 0 && members.every((one) => resolved(root, one).schema.type === "boolean");
  if (!areSwitches) return null;
  const listed = propertyNames ? optionsOf(resolved(root, propertyNames).schema) : null;
  const names = [
    ...Object.keys(properties),
    ...(listed ?? []).map(({ value }) => String(value)),
    ...Object.keys(isMap(usual) ? usual : {}),
  ];
  const absent = typeof further === "object" && further.default === true;
  return { kind: "switches", names: [...new Set(names)], absent };
}

/** Numbers by name, where every member of an object is one and nothing says how they are called. */
function numbersOf(root: Schema, schema: Schema): Kind | null {
  const { additionalProperties: further, properties = {} } = schema;
  if (typeof further !== "object" || Object.keys(properties).length > 0) return null;
  const { type } = resolved(root, further).schema;
  return type === "number" || type === "integer" ? { kind: "numbers" } : null;
}

function listOf(root: Schema, schema: Schema): Kind {
  const items = resolved(root, schema.items ?? {}).schema;
  const options = optionsOf(items);
  if (options) return { kind: "some", options };
  if (items.type === "object" && items.properties) {
    return { kind: "rows", fields: fieldsOf(root, items.properties) };
  }
  return items.type === "string" ? { kind: "texts", isAddress: items.format === "email" } : { kind: "json" };
}

/** Whether a value has members by name. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two values are the same to the server: the order of members says nothing. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  if (!isMap(one) || !isMap(other)) return one === other;
  const names = Object.keys(one);
  const areAll = names.length === Object.keys(other).length;
  return areAll && names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]));
}
