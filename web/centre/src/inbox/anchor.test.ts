import { expect, it } from "vitest";
import { Anchor } from "./anchor";
import { layOut } from "./layout";
import { sample } from "./sample";

const METRICS = { row: 10, heading: 4 };
const listOf = (...ids: number[]) => ids.map((id) => sample(id));
const layoutOf = (items: unknown[]) =>
  layOut([{ date: "2026-11-20", first: 0, count: items.length }], METRICS);

function moved(top: number, before: number[], after: number[]): number | null {
  const [old, now] = [listOf(...before), listOf(...after)];
  const anchor = new Anchor();
  anchor.hold(layoutOf(old), old, top);
  return anchor.place(layoutOf(now), (id) => now.findIndex((item) => item.notification_id === id));
}

it("scrolls on by as much as came in above", () => {
  expect(moved(27, [5, 4, 3, 2], [7, 6, 5, 4, 3, 2])).toBe(47);
});

it("scrolls back by as much as went above, and stays where only something below changed", () => {
  expect(moved(27, [5, 4, 3, 2], [4, 3, 2])).toBe(17);
  expect(moved(27, [5, 4, 3, 2], [5, 4, 3])).toBe(27);
});

it("holds on to the next where the first in sight is gone", () => {
  expect(moved(27, [5, 4, 3, 2, 1], [5, 4, 2, 1])).toBe(17);
});

it("knows nothing of a list that has none of it", () => {
  expect(moved(27, [5, 4, 3], [9, 8])).toBe(null);
});
