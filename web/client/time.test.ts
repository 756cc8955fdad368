import { expect, test } from "vitest";
import { absoluteTime, relativeTime, snoozePresets } from "./time";

const NOW = Date.parse("2026-11-22T12:00:00Z");

test.each([
  ["2026-11-22T11:59:30Z", "now"],
  ["2026-11-22T12:00:20Z", "now"],
  ["2026-11-22T11:55:00Z", "5 minutes ago"],
  ["2026-11-22T09:00:01Z", "2 hours ago"],
  ["2026-11-21T11:00:00Z", "yesterday"],
  ["2026-11-10T11:00:00Z", "last week"],
  ["2024-11-10T11:00:00Z", "2 years ago"],
  ["2026-11-22T14:00:00Z", "in 2 hours"],
])("%s is %s", (instant, said) => expect(relativeTime(instant, "en", "long", NOW)).toBe(said));

test("it is said in the reader's language", () => {
  expect(relativeTime("2026-11-22T11:55:00Z", "de", "long", NOW)).toBe("vor 5 Minuten");
  expect(absoluteTime("2026-11-22T11:55:00Z", "de")).toContain("November 2026");
});

test("presets are the reader's own hours", () => {
  const [hour, afternoon, tomorrow, monday] = snoozePresets(new Date(2026, 10, 18, 10, 20));
  expect(hour).toEqual(new Date(2026, 10, 18, 11, 20));
  expect(afternoon).toEqual(new Date(2026, 10, 18, 15));
  expect(tomorrow).toEqual(new Date(2026, 10, 19, 9));
  expect(monday).toEqual(new Date(2026, 10, 23, 9));
});

test("there is no afternoon left after two o'clock", () => {
  expect(snoozePresets(new Date(2026, 10, 18, 14))[1]).toBeNull();
  expect(snoozePresets(new Date(2026, 10, 18, 13, 59))[1]).toEqual(new Date(2026, 10, 18, 15));
});

test.each([
  ["a Sunday", new Date(2026, 10, 22, 8), new Date(2026, 10, 23, 9)],
  ["a Monday", new Date(2026, 10, 23, 8), new Date(2026, 10, 30, 9)],
])("next Monday from %s", (_, now, monday) => expect(snoozePresets(now)[3]).toEqual(monday));
