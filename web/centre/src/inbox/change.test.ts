import { expect, it } from "vitest";
import { back, foreseen, matters, type Step } from "./change";
import { sample } from "./sample";
import { shelfOf } from "./view";

const NOW = "2026-11-20T12:00:00Z";
const LATER = "2026-11-21T09:00:00Z";
const LATEST = "2026-11-23T09:00:00Z";

const STATES = {
  unread: sample(1),
  read: sample(1, { is_read: true, read_at: NOW }),
  archived: sample(1, { archived_at: NOW }),
  snoozed: sample(1, { snoozed_until: LATER }),
};
const STEPS: Step[] = [
  { action: "mark-read" },
  { action: "mark-unread" },
  { action: "archive" },
  { action: "unarchive" },
  { action: "snooze", until: LATEST },
  { action: "unsnooze" },
];

const told = (item = STATES.unread) => [item.is_read, shelfOf(item), item.snoozed_until];

it.each(Object.entries(STATES))("each step on one that is %s can be taken back", (_, before) => {
  for (const step of STEPS.filter((step) => matters(before, step))) {
    const after = foreseen(before, step, NOW);
    expect(told(after), step.action).not.toEqual(told(before));
    expect(told(foreseen(after, back(before, step), NOW)), step.action).toEqual(told(before));
  }
});

it("asks the server for the way back by its name", () => {
  expect(back(STATES.unread, { action: "snooze", until: LATER })).toEqual({ action: "unsnooze" });
  expect(back(STATES.unread, { action: "archive" })).toEqual({ action: "unarchive" });
});

it("does nothing where nothing would change", () => {
  expect(matters(STATES.read, { action: "mark-read" })).toBe(false);
  expect(matters(STATES.unread, { action: "unarchive" })).toBe(false);
  expect(matters(STATES.snoozed, { action: "snooze", until: LATER })).toBe(false);
});

it("stands on one shelf at a time", () => {
  expect(shelfOf(foreseen(STATES.archived, { action: "snooze", until: LATER }, NOW))).toBe("snoozed");
  expect(shelfOf(foreseen(STATES.snoozed, { action: "archive" }, NOW))).toBe("archive");
});
