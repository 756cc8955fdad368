import type { FieldInfo, FieldType, ModuleInfo } from "../../../../client/types";
import { instantOf, isDate, rfc3339, wallAt } from "../../time/zone";
import { isReference } from "./reference";

/** How a field is filled in: by its type, as the id of another record, or as text that keeps the JSON type it has. */
export type Kind = FieldType | "reference" | "json";

/** One field of one record: what is known of it, and what it holds. */
export interface Slot {
  name: string;
  title: string | null;
  kind: Kind;
  options: readonly string[];
  description: string;
  before: unknown;
}

/** What a text in a field stands for, or what is wrong with it. */
export type Reading = { value: unknown } | { fault: "number" | "integer" | "yesNo" | "json" | "time" };

/** What people put into JSON by its type. */
type Draft = string;

const OFFSET = /(?:Z|[+-]\d\d(?::?\d\d)?)$/i;
/** A whole number as numbers are written: 007 is none. */
const PLAIN = /^(0|-?[1-9]\d{0,14})$/;
const LOCAL = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/;

/**
 * The fields of a record: those that its module describes, then those that it has beside them.
 *
 * @param modules those that a field may refer to
 */
export function slotsOf(
  module: ModuleInfo,
  fields: Readonly<Record<string, unknown>>,
  modules: readonly ModuleInfo[] = [],
): Slot[] {
  const has = (name: string) => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  const described = module.fields.map((info) => slotOf(info, has(info.name)));
  const names = new Set(module.fields.map(({ name }) => name));
  const others = Object.entries(fields).filter(([name]) => !names.has(name));
  const slots = [
    ...described,
    ...others.map(([name, before]): Slot => {
      return { name, title: null, kind: "json", options: [], description: "", before };
    }),
  ];
  return slots.map((slot) => (mayRefer(slot, modules) ? { ...slot, kind: "reference" } : slot));
}

/** Ids are texts or numbers, as each CRM has them; whatever is described otherwise is no id. */
function mayRefer({ name, kind, before }: Slot, modules: readonly ModuleInfo[]): boolean {
  const isId = before === undefined || before === null || ["string", "number"].includes(typeof before);
  return isId && (kind === "text" || kind === "json") && isReference(name, modules);
}

function slotOf({ name, title, type, options, description }: FieldInfo, before: unknown): Slot {
  return {
    name,
    title,
    kind: fits(type, before) ? type : "json",
    options: options ?? [],
    description,
    before,
  };
}

/** Whether a value can be shown as its type says; what a program sent otherwise is left as it is. */
function fits(type: FieldType, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  switch (type) {
    case "number":
    case "integer":
    case "user":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "list":
      return Array.isArray(value) && value.every((item) => ["string", "number"].includes(typeof item));
    case "object":
      return false;
    case "datetime":
      return typeof value === "string" && wallTime(value, "UTC") !== null;
    default:
      return typeof value === "string";
  }
}

/** A value as it stands in its field; times are on the clock of a zone. */
export function draftOf({ kind, before }: Pick<Slot, "kind" | "before">, zone: string): Draft {
  if (before === undefined || before === null) return "";
  if (kind === "list") return (before as unknown[]).join("\n");
  if (kind === "datetime") return wallTime(String(before), zone) ?? String(before);
  return typeof before === "object" ? JSON.stringify(before) : String(before);
}

/** What a field says, as the value to store; an empty field holds nothing. */
export function readDraft({ kind, before }: Pick<Slot, "kind" | "before">, draft: Draft): Reading {
  if (draft.trim() === "") return { value: null };
  switch (kind) {
    case "number":
      return numberOf(draft, "number");
    case "integer":
    case "user":
      return numberOf(draft, "integer");
    case "boolean":
      return { value: draft === "true" };
    case "datetime":
      return LOCAL.test(draft) ? { value: draft } : { fault: "time" };
    case "list":
      return { value: linesOf(draft, before) };
    case "reference":
      return { value: typeof before === "number" && PLAIN.test(draft) ? Number(draft) : draft };
    case "object":
      return readJson(draft, {});
    case "json":
      return readJson(draft, before);
    default:
      return { value: draft };
  }
}

function numberOf(draft: Draft, kind: "number" | "integer"): Reading {
  const value = Number(draft.trim().replace(/^([+-]?\d+),(\d+)$/, "$1.$2"));
  const isGood = kind === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
  return isGood ? { value } : { fault: kind };
}

/** One item a line. A plain number is one, unless the list held texts: so do lists of users' numbers. */
function linesOf(draft: Draft, before: unknown): (string | number)[] {
  const lines = draft
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const isOfTexts = Array.isArray(before) && before.some((item) => typeof item === "string");
  return lines.map((line) => (!isOfTexts && PLAIN.test(line) ? Number(line) : line));
}

/** A text stays a text and a number a number: whatever reads the record elsewhere relies on it. */
function readJson(draft: Draft, before: unknown): Reading {
  if (typeof before === "number") return numberOf(draft, "number");
  if (typeof before === "boolean") {
    const said = draft.trim().toLowerCase();
    return said === "true" || said === "false" ? { value: said === "true" } : { fault: "yesNo" };
  }
  if (typeof before !== "object" || before === null) return { value: draft };
  try {
    const value: unknown = JSON.parse(draft);
    const isSame =
      typeof value === "object" && value !== null && Array.isArray(value) === Array.isArray(before);
    return isSame ? { value } : { fault: "json" };
  } catch {
    return { fault: "json" };
  }
}

/** A stored time without the name of a zone that some programs put behind it. */
function bare(stored: string): string {
  return stored.replace(/\[.*\]$/, "").replace(/[t ]/, "T");
}

/** A stored time on the clock of a zone, as an input for times takes it; null where it is no time. */
export function wallTime(stored: string, zone: string): string | null {
  const at = instantAt(stored, zone);
  if (at === null) return null;
  if (!OFFSET.test(bare(stored).slice(16))) return bare(stored).slice(0, 16);
  const { date, hour, minute } = wallAt(at, zone);
  return `${date}T${twoDigits(hour)}:${twoDigits(minute)}`;
}

/** The instant that a stored time means; one without an offset is on the clock of the zone. */
export function instantAt(stored: string, zone: string): number | null {
  const text = bare(stored);
  if (!LOCAL.test(text)) return null;
  const offset = OFFSET.exec(text.slice(16))?.[0];
  if (offset) return Date.parse(text.slice(0, -offset.length) + wholeOffset(offset)) || null;
  const [date = "", time = ""] = text.split("T");
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return isDate(date) ? instantOf(date, hour, minute, zone) : null;
}

/** `+02`, `+0200` and `+02:00` are the same, but browsers know the last one only. */
function wholeOffset(offset: string): string {
  return offset.length < 3 ? "Z" : `${offset.slice(0, 3)}:${offset.slice(3).replace(":", "") || "00"}`;
}

function timed(kind: Kind, value: unknown, zone: string): unknown {
  const at = kind === "datetime" && typeof value === "string" ? instantAt(value, zone) : null;
  return at === null ? value : rfc3339(at);
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

/** What is sent of the fields: those that one changed, by name. */
export interface Changes {
  fields: Record<string, unknown>;
  /** What is wrong, by field */
  faults: Record<string, Extract<Reading, { fault: unknown }>["fault"]>;
}

/**
 * Compares what stands in the fields with what they held; `edits` has only the fields that somebody touched. Times go
 * as local ones where the clock that they are on is the record's own (`isLocal`), else as instants.
 */
export function changesOf(
  slots: readonly Slot[],
  edits: Readonly<Record<string, Draft>>,
  zone: string,
  isLocal: boolean,
): Changes {
  const changes: Changes = { fields: {}, faults: {} };
  for (const slot of slots) {
    const edit = Object.hasOwn(edits, slot.name) ? edits[slot.name] : undefined;
    if (edit === undefined || edit === draftOf(slot, zone)) continue;
    const reading = readDraft(slot, edit);
    if ("fault" in reading) changes.faults[slot.name] = reading.fault;
    else changes.fields[slot.name] = isLocal ? reading.value : timed(slot.kind, reading.value, zone);
  }
  return changes;
}

/**
 * Whether Send Notification is ticked: by itself where the assigned user is another one and the module announces
 * that, unless somebody ticked or unticked it by hand.
 */
export function isTelling(byHand: boolean | null, isReassigned: boolean, announces: boolean): boolean {
  return byHand ?? (isReassigned && announces);
}
