import { expect, it } from "vitest";
import { shapeOf } from "./fields";

const kinds = (...values: unknown[]) => values.map((value) => shapeOf(value, 0).kind);

it("tells what a value is to a reader", () => {
  expect(kinds(null, "", [], {}, undefined)).toEqual(["none", "none", "none", "none", "none"]);
  expect(kinds(true, 0, "High", 120.5)).toEqual(["flag", "text", "text", "text"]);
  expect(kinds(["a", 2, null], { a: 1 })).toEqual(["words", "fields"]);
});

it("shows numbers as they were sent: an id is no quantity", () => {
  expect(shapeOf(9007199254740991, 0)).toEqual({ kind: "text", text: "9007199254740991" });
});

it("knows a time from a text that only looks like one", () => {
  expect(
    kinds("2026-11-20T10:00:00Z", "2026-11-20T10:00:00+01:00", "2026-11-20", "2026-99-99T10:00:00Z"),
  ).toEqual(["time", "time", "text", "text"]);
});

it("puts things that are alike side by side, and others below each other", () => {
  const lines = [
    { item: "Router", amount: 2 },
    { item: "Cable", amount: 10, note: "2 m" },
  ];
  expect(shapeOf(lines, 0)).toMatchObject({ kind: "table", columns: ["item", "amount", "note"] });
  expect(kinds([{ a: { b: 1 } }, { a: 2 }], [{ a: 1 }, 2], [{ a: 1 }])).toEqual(["list", "list", "list"]);
});

it("does not go deeper than one can read", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 5_000; level++) deep = { deep };
  expect(shapeOf({ a: 1 }, 5)).toEqual({ kind: "text", text: '{"a":1}' });
  expect(shapeOf(deep, 0).kind).toBe("fields");
});
