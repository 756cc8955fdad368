import { describe, expect, it } from "vitest";
import { SAMPLE } from "./sample";
import { fieldsOf, isSame } from "./schema";

const fields = Object.fromEntries(fieldsOf(SAMPLE).map((field) => [field.name, field]));

describe("a field of the form", () => {
  it("is named by the schema, else by its own name, and says what it does", () => {
    expect(fields.default_minutes).toMatchObject({
      title: "Default Minutes",
      about: "How long before the start of an activity.",
      usual: 15,
    });
    expect(fields.is_on).toMatchObject({ title: "Is on", about: "", usual: true });
    expect(fields.missed).toMatchObject({
      title: "Missed ones",
      about: "What of several missed ones is sent.",
    });
  });

  it("is filled in as its type asks", () => {
    expect(Object.values(fields).map(({ name, kind }) => [name, kind.kind])).toEqual([
      ["default_minutes", "number"],
      ["is_on", "switch"],
      ["missed", "choice"],
      ["assigned", "switches"],
      ["weekdays", "switches"],
      ["cc_address", "text"],
      ["addresses", "texts"],
      ["ways", "some"],
      ["limit", "number"],
      ["which", "choice"],
      ["token", "secret"],
      ["rows", "rows"],
      ["hours", "numbers"],
      ["opens", "week"],
      ["anything", "json"],
    ]);
  });

  it("knows its bounds, its values and what holds for what is left out", () => {
    expect(fields.default_minutes?.kind).toEqual({ kind: "number", isWhole: true, least: 0, most: 59 });
    expect(fields.limit?.kind).toEqual({ kind: "number", isWhole: false, least: null, most: null });
    expect(fields.missed?.kind).toMatchObject({
      options: [
        { value: "newest", title: "Newest", about: "Only the newest." },
        { value: "all", title: "All", about: "Each of them." },
      ],
    });
    expect(fields.ways?.kind).toMatchObject({ options: [{ value: "email" }, { value: "webhook" }] });
    expect(fields.assigned?.kind).toEqual({ kind: "switches", names: [], absent: true });
    expect(fields.weekdays?.kind).toEqual({ kind: "switches", names: ["mon", "tue"], absent: false });
    expect(fields.addresses?.kind).toEqual({ kind: "texts", isAddress: true });
  });

  it("may be without a value only where the schema says so", () => {
    const nullable = Object.values(fields).filter((field) => field.isNullable);
    expect(nullable.map(({ name }) => name)).toEqual(["limit", "which"]);
  });
});

it("takes values for the same in whatever order their members stand", () => {
  expect(isSame({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 })).toBe(true);
  expect(isSame({ a: 1 }, { a: 1, b: undefined })).toBe(false);
  expect(isSame([1, 2], [2, 1])).toBe(false);
  expect([isSame(null, {}), isSame([], {}), isSame(0, "0"), isSame(null, null)]).toEqual([
    false,
    false,
    false,
    true,
  ]);
  expect(isSame({}, JSON.parse('{"constructor": 1}'))).toBe(false);
});
