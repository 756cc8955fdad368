import { expect, test } from "vitest";
import type { Notification } from "../client/types";
import { after } from "./inbox";

const note = (id: number, more: Partial<Notification> = {}): Notification => ({
  notification_id: id,
  user_id: 1,
  type: "custom",
  title: "T" + id,
  message: null,
  link: null,
  metadata: null,
  is_read: false,
  created_at: `2026-11-22T10:00:${String(id).padStart(2, "0")}Z`,
  read_at: null,
  archived_at: null,
  snoozed_until: null,
  ...more,
});

const ids = (items: Notification[]) => items.map((item) => item.notification_id);
const list = [note(30), note(20), note(10)];

test("a new one is at the top", () =>
  expect(ids(after(note(40), true, list, false))).toEqual([40, 30, 20, 10]));

test("one that came before is there once", () =>
  expect(ids(after(note(30), true, list, false))).toEqual([30, 20, 10]));

test("one that is back from its snooze goes to the top, whatever its number", () =>
  expect(ids(after(note(10), true, list, false))).toEqual([10, 30, 20]));

test("one that was read stays where it is", () => {
  const items = after(note(20, { is_read: true }), false, list, false);
  expect(ids(items)).toEqual([30, 20, 10]);
  expect(items[1]!.is_read).toBe(true);
});

test.each([
  ["archived", note(20, { archived_at: "2026-11-22T11:00:00Z" })],
  ["snoozed", note(20, { snoozed_until: "2026-11-23T11:00:00Z" })],
  ["removed", { notification_id: 20 } as Notification],
])("one that was %s is gone", (_, item) => expect(ids(after(item, false, list, false))).toEqual([30, 10]));

test("one that comes back from the archive goes to its old place", () =>
  expect(ids(after(note(25), false, list, true))).toEqual([30, 25, 20, 10]));

test("one that belongs below what is loaded waits there", () => {
  expect(ids(after(note(5), false, list, true))).toEqual([30, 20, 10]);
  expect(ids(after(note(5), false, list, false))).toEqual([30, 20, 10, 5]);
});

test("one that was never here and is gone changes nothing", () =>
  expect(ids(after({ notification_id: 99 } as Notification, false, list, false))).toEqual([30, 20, 10]));

test("the list that was is left as it was", () => {
  after(note(40), true, list, false);
  after(note(20, { archived_at: "x" }), false, list, false);
  expect(ids(list)).toEqual([30, 20, 10]);
});
