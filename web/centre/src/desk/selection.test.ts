import { expect, it } from "vitest";
import { Selection } from "./selection.svelte";

const LIST = [9, 7, 5, 3, 1];
const chosen = (selection: Selection) => LIST.filter((id) => selection.has(id));

it("ticks and lets go", () => {
  const selection = new Selection();
  selection.toggle(7);
  selection.toggle(3);
  selection.toggle(7);
  expect(chosen(selection)).toEqual([3]);
});

it("ticks a range from the last one, in either direction", () => {
  const selection = new Selection();
  selection.toggle(7);
  selection.extendTo(3, LIST);
  expect(chosen(selection)).toEqual([7, 5, 3]);
  selection.extendTo(9, LIST);
  expect(chosen(selection)).toEqual([9, 7, 5, 3]);
});

it("ticks one where a range has no beginning", () => {
  const selection = new Selection();
  selection.extendTo(5, LIST);
  expect(chosen(selection)).toEqual([5]);
  selection.clear();
  selection.extendTo(1, LIST);
  expect(chosen(selection)).toEqual([1]);
});
