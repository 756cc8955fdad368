import { expect, it } from "vitest";
import { en } from "../text/en";
import { BINDINGS, KeyReader, labels } from "./bindings";

it("reads single keys, shifted ones and those after g", () => {
  const reader = new KeyReader();
  const read = (...keys: string[]) => keys.map((key) => reader.read(key, 0));
  expect(read("j", "ArrowUp", "I", "i", "#", "/")).toEqual([
    "next",
    "previous",
    "read",
    null,
    "delete",
    "search",
  ]);
  expect(read("g", "u", "u")).toEqual([null, "goUnread", null]);
  expect(read("g", "e", "e")).toEqual([null, null, "archive"]);
});

it("forgets g after a while", () => {
  const reader = new KeyReader();
  reader.read("g", 0);
  expect(reader.read("s", 2_000)).toBe(null);
});

it("explains every key in the help, and gives none two meanings", () => {
  const all = Object.values(BINDINGS).flat();
  for (const { command } of all) expect(en.keys[command]).toBeTruthy();
  const keys = all.flatMap((binding) => binding.keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(["g i", "I", " ", "Delete", "#"].map(labels)).toEqual([
    ["G", "I"],
    ["Shift", "I"],
    ["Space"],
    ["Del"],
    ["#"],
  ]);
});
