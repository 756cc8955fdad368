import { expect, it } from "vitest";
import { type Group, search } from "./groups";
import { SAMPLE } from "./sample";
import { fieldsOf } from "./schema";
import { translated } from "./translate";

const group = (key: string, title: string): Group => ({
  key,
  title,
  about: "How samples are taken.",
  fields: fieldsOf(SAMPLE),
  values: {},
});
const GROUPS = [group("reminders", "Reminder Settings"), group("small", "Small Settings")];

const found = (words: string) =>
  search(GROUPS, words).map(({ group, fields }) => [group.key, ...fields.map(({ name }) => name)]);

it("shows every group where nothing is searched for", () => {
  expect(found(" ")).toEqual([["reminders"], ["small"]]);
});

it("finds groups by their titles, and fields by title and by what they do", () => {
  expect(found("REMINDER")).toEqual([["reminders"]]);
  expect(found("minutes")).toEqual([
    ["reminders", "default_minutes"],
    ["small", "default_minutes"],
  ]);
  expect(found("small before start")).toEqual([["small", "default_minutes"]]);
  expect(found("xylophone")).toEqual([]);
});

it("speaks the reader's language where somebody translated it, and the server's elsewhere", () => {
  const german = translated(group("delivery", "Delivery Settings"), "de");
  expect(german.title).toBe("Einstellungen der Zustellung");
  expect(german.fields[0]?.title).toBe("Default Minutes");
  expect(translated(group("delivery", "Delivery Settings"), "en").title).toBe("Delivery Settings");
});
