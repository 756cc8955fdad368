import { expect, it } from "vitest";
import { byDay } from "./days";
import { sample } from "./sample";

const at = (...times: string[]) => times.map((created_at, index) => sample(index + 1, { created_at }));

it("groups by the reader's day, not by UTC's", () => {
  const items = at("2026-11-20T16:30:00Z", "2026-11-20T15:30:00Z", "2026-11-19T20:00:00Z");
  expect(byDay(items, "UTC")).toEqual([
    { date: "2026-11-20", first: 0, count: 2 },
    { date: "2026-11-19", first: 2, count: 1 },
  ]);
  expect(byDay(items, "Australia/Perth")).toEqual([
    { date: "2026-11-21", first: 0, count: 1 },
    { date: "2026-11-20", first: 1, count: 2 },
  ]);
});

it("shows what came back from snooze with those of the day below it", () => {
  const items = at("2026-11-02T10:00:00Z", "2026-11-20T10:00:00Z", "2026-11-19T10:00:00Z");
  expect(byDay(items, "UTC").map(({ date, count }) => [date, count])).toEqual([
    ["2026-11-20", 2],
    ["2026-11-19", 1],
  ]);
});

it("knows days of 23 and 25 hours", () => {
  const items = at(
    "2026-10-25T23:30:00Z",
    "2026-10-25T22:59:00Z",
    "2026-10-24T22:30:00Z",
    "2026-10-24T21:59:00Z",
  );
  expect(byDay(items, "Europe/Berlin").map(({ date, count }) => [date, count])).toEqual([
    ["2026-10-26", 1],
    ["2026-10-25", 2],
    ["2026-10-24", 1],
  ]);
});

it("has nothing to group in an empty list", () => {
  expect(byDay([], "UTC")).toEqual([]);
});
