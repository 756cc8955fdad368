import { describe, expect, it } from "vitest";
import type { FieldInfo, ModuleInfo } from "../../../../client/types";
import { changesOf, draftOf, instantAt, isTelling, readDraft, slotsOf, wallTime } from "./draft";

const field = (name: string, type: FieldInfo["type"], options: string[] | null = null): FieldInfo => {
  return { name, title: name, type, options, description: "" };
};
const MODULE: ModuleInfo = {
  name: "activities",
  title: "Activities",
  singular: "Activity",
  fields: [
    field("amount", "number"),
    field("count", "integer"),
    field("done", "boolean"),
    field("starts_at", "datetime"),
    field("tags", "list"),
    field("status", "picklist", ["Planned"]),
    field("helper", "user"),
    field("hours", "object"),
  ],
  announces: true,
};

const changed = (
  fields: Record<string, unknown>,
  edits: Record<string, string>,
  zone = "UTC",
  isLocal = true,
) => changesOf(slotsOf(MODULE, fields), edits, zone, isLocal);

describe("the fields of a record", () => {
  it("are those of its module and those that it has beside them", () => {
    const slots = slotsOf(MODULE, { status: "Planned", weight: 7, constructor: "x" });
    expect(slots.map(({ name }) => name).slice(-2)).toEqual(["weight", "constructor"]);
    expect(slots.find(({ name }) => name === "weight")).toMatchObject({ kind: "json", before: 7 });
    expect(slotsOf(MODULE, {}).every(({ before }) => before === undefined)).toBe(true);
  });

  it("are left as they are where they hold something else than their type", () => {
    const kinds = slotsOf(MODULE, { amount: "a lot", tags: [{}], starts_at: "soon", done: "yes" });
    const isJson = ({ kind }: { kind: string }) => kind === "json";
    expect(kinds.filter(isJson).map(({ name }) => name)).toEqual(["amount", "done", "starts_at", "tags"]);
  });

  it("hold lists of texts or of numbers, and objects as JSON", () => {
    const edits = { tags: "5\n 007 \nx", hours: '{"High":4}' };
    expect(changed({}, edits).fields).toEqual({ tags: [5, "007", "x"], hours: { High: 4 } });
    expect(changed({ tags: ["1"] }, { tags: "1\n5" }).fields).toEqual({ tags: ["1", "5"] });
    expect(changed({}, { hours: "4" }).faults).toEqual({ hours: "json" });
  });
});

describe("what is sent", () => {
  it("is only what somebody changed, in its own type", () => {
    const fields = { amount: 7.5, tags: ["a", "b"], status: "Planned", done: true, helper: 5 };
    const edits = { amount: "8,25", tags: "a\n\n c ", status: "Planned", done: "false", helper: "" };
    expect(changed(fields, edits)).toEqual({
      fields: { amount: 8.25, tags: ["a", "c"], done: false, helper: null },
      faults: {},
    });
    expect(changed(fields, { amount: "7.5", tags: "a\nb", done: "true", helper: "5" }).fields).toEqual({});
  });

  it("keeps the JSON type of what nobody described", () => {
    const fields = { weight: 7, code: "7", isNew: false, place: { city: "Rome" } };
    const edits = { weight: "8", code: "8", isNew: "TRUE", place: '{"city":"Bari"}' };
    expect(changed(fields, edits).fields).toEqual({
      weight: 8,
      code: "8",
      isNew: true,
      place: { city: "Bari" },
    });
    expect(changed(fields, { weight: "heavy", isNew: "perhaps", place: "[]" })).toEqual({
      fields: {},
      faults: { weight: "number", isNew: "yesNo", place: "json" },
    });
  });

  it("refuses what is no number or no time", () => {
    expect(changed({}, { count: "1.5", amount: "x", starts_at: "soon" })).toEqual({
      fields: {},
      faults: { count: "integer", amount: "number", starts_at: "time" },
    });
  });
});

describe("the id of another record", () => {
  const modules = [{ ...MODULE, name: "companies", singular: "Company" }];
  const kindOf = (fields: Record<string, unknown>) =>
    slotsOf({ ...MODULE, fields: [field("company_id", "text")] }, fields, modules)[0]?.kind;

  it("is a text or a number, and nothing else", () => {
    expect([{}, { company_id: null }, { company_id: "C-7" }, { company_id: 7 }].map(kindOf)).toEqual(
      Array(4).fill("reference"),
    );
    expect([{ company_id: ["C-7"] }, { company_id: true }].map(kindOf)).toEqual(["json", "json"]);
    const integer = { ...MODULE, fields: [field("company_id", "integer")] };
    expect(slotsOf(integer, {}, modules)[0]?.kind).toBe("integer");
  });

  it("stays a number where it was one, but takes any id", () => {
    const read = (before: unknown, draft: string) => readDraft({ kind: "reference", before }, draft);
    expect([read("7", "8"), read(undefined, "8")]).toEqual([{ value: "8" }, { value: "8" }]);
    expect([read(7, "8"), read(7, "C-8"), read(7, "")]).toEqual([
      { value: 8 },
      { value: "C-8" },
      { value: null },
    ]);
  });
});

describe("a time", () => {
  it("stands on the clock of the zone, and goes without an offset", () => {
    const slot = { kind: "datetime", before: "2026-07-01T08:00:00Z" } as const;
    expect(draftOf(slot, "Europe/London")).toBe("2026-07-01T09:00");
    expect(draftOf({ ...slot, before: "2026-07-01T08:00:00" }, "Europe/London")).toBe("2026-07-01T08:00");
    expect(readDraft(slot, "2026-07-01T10:30")).toEqual({ value: "2026-07-01T10:30" });
    expect(
      changed({ starts_at: "2026-07-01T08:00:00Z" }, { starts_at: "2026-07-01T09:00" }, "Europe/London"),
    ).toMatchObject({ fields: {} });
  });

  it("goes as an instant where it is on nobody's clock", () => {
    const edits = { starts_at: "2026-07-01T10:30" };
    expect(changed({}, edits, "Europe/London", false).fields).toEqual({ starts_at: "2026-07-01T09:30:00Z" });
    expect(changed({}, edits, "Europe/London").fields).toEqual({ starts_at: "2026-07-01T10:30" });
  });

  it("means an instant", () => {
    expect(instantAt("2026-07-01T09:00", "Europe/London")).toBe(Date.parse("2026-07-01T08:00Z"));
    expect(instantAt("2026-07-01T09:00+02:00", "Asia/Tokyo")).toBe(Date.parse("2026-07-01T07:00Z"));
    expect(instantAt("2026-07-01 09:00[Europe/London]", "Europe/London")).toBe(
      Date.parse("2026-07-01T08:00Z"),
    );
    expect(wallTime("2026-07-01T08:00:30+00", "Europe/London")).toBe("2026-07-01T09:00");
    expect([instantAt("soon", "UTC"), wallTime("2026-99-99T00:00Z", "UTC")]).toEqual([null, null]);
  });
});

it("ticks Send Notification by itself, but never against somebody's hand", () => {
  expect(isTelling(null, true, true)).toBe(true);
  expect(isTelling(null, true, false)).toBe(false);
  expect(isTelling(null, false, true)).toBe(false);
  expect(isTelling(false, true, true)).toBe(false);
  expect(isTelling(true, true, false)).toBe(true);
});
