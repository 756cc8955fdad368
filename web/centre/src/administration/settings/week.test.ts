import { expect, it } from "vitest";
import { dayOf, openingsOf } from "./week";

const BOTH = [
  ["09:00", "12:00"],
  ["13:00", "17:00"],
];

it("a day is one pair of times, a list of them, or closed", () => {
  expect(openingsOf(["09:00", "17:00"])).toEqual([["09:00", "17:00"]]);
  expect(openingsOf(BOTH)).toEqual(BOTH);
  for (const closed of [null, undefined, [], "09:00"]) expect(openingsOf(closed)).toEqual([]);
});

it("a day is written as it was read", () => {
  for (const day of [["09:00", "17:00"], BOTH, []]) expect(dayOf(openingsOf(day))).toEqual(day);
});
