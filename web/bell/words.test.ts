import { expect, test } from "vitest";
import { de } from "./de";
import { en } from "./en";
import { ACTIONS } from "./row";
import * as places from "./words";

test("every language has every word, in the same order", () => {
  const count = Math.max(...Object.values(places)) + 1;
  for (const words of [en, de]) {
    expect(words.split("\n")).toHaveLength(count);
    expect(words.split("\n").every((word) => word.trim())).toBe(true);
  }
});

test("no two names stand for one place, and actions have theirs", () => {
  const taken = Object.values(places).sort((one, other) => one - other);
  expect(new Set(taken).size).toBe(taken.length);
  expect(places.TITLE).toBe(places.DOES + ACTIONS.length);
});

test("places are where the words are", () => {
  const english = en.split("\n");
  expect(english[places.TITLE]).toBe("Notifications");
  expect(english[places.FAILED]).toMatch(/try again/);
  expect(english[places.NEW_MANY]).toBe("new notifications");
  expect(de.split("\n")[places.AWAY]).toMatch(/verbinden/);
});
