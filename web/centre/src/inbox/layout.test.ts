import { expect, it } from "vitest";
import { between, firstBelow, layOut, topOf } from "./layout";

const METRICS = { row: 10, heading: 4 };
const DAYS = [
  { date: "2026-11-20", first: 0, count: 2 },
  { date: "2026-11-19", first: 2, count: 3 },
];
const layout = layOut(DAYS, METRICS);

it("adds up headings and rows", () => {
  expect(layout.height).toBe(4 + 20 + 4 + 30);
  expect(layout.blocks.map((block) => block.top)).toEqual([0, 24]);
});

it("finds each item where it is", () => {
  expect([0, 1, 2, 4].map((index) => topOf(layout, index))).toEqual([4, 14, 28, 48]);
});

it("shows what lies between two heights, and a heading whose rows are not there yet", () => {
  const shown = (from: number, to: number) =>
    between(layout, from, to).map(({ block, start, end }) => [block.date, start, end]);
  expect(shown(0, 58)).toEqual([
    ["2026-11-20", 0, 2],
    ["2026-11-19", 2, 5],
  ]);
  expect(shown(14, 26)).toEqual([
    ["2026-11-20", 1, 2],
    ["2026-11-19", 2, 2],
  ]);
  expect(shown(37, 39)).toEqual([["2026-11-19", 2, 4]]);
  expect(shown(58, 90)).toEqual([]);
});

it("knows the item at the top of what one sees", () => {
  expect([0, 4, 13, 14, 24, 39].map((height) => firstBelow(layout, height))).toEqual([0, 0, 0, 1, 2, 3]);
});

it("holds few rows of 100,000, wherever one is", () => {
  const days = Array.from({ length: 1_000 }, (_, day) => ({ date: `${day}`, first: day * 100, count: 100 }));
  const long = layOut(days, { row: 68, heading: 36 });
  for (let height = 0; height < long.height; height += 997_331) {
    const rows = between(long, height, height + 1_000).reduce((sum, { start, end }) => sum + end - start, 0);
    expect(rows).toBeLessThanOrEqual(16);
    expect(rows).toBeGreaterThan(10);
  }
});
