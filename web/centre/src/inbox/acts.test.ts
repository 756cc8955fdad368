import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Notification } from "../../../client/types";
import { PLAIN } from "../route";
import { Acts } from "./acts.svelte";
import { Inbox } from "./inbox.svelte";
import { sample } from "./sample";
import { GRACE_MS } from "./undo";

const PERSON = { id: 1, email: "ann@example.com", name: "Ann", time_zone: "UTC", language: "en" };

/** A request that the pages made, with the ways to answer it. */
interface Asked {
  what: string;
  answer(body: object, status?: number): Promise<void>;
}

let asked: Asked[] = [];
let bodies: unknown[] = [];
let stored: Notification[] = [];

/** Lists are answered at once from `stored`; every other request waits to be answered by the test. */
function pretend(url: string, init?: RequestInit): Promise<Response> {
  const reply = (body: object, status = 200) => new Response(JSON.stringify(body), { status });
  if (url.startsWith("/crm/notification?")) {
    return Promise.resolve(reply({ notifications: stored, unread_count: stored.length, next_cursor: null }));
  }
  return new Promise((resolve) => {
    bodies.push(init?.body ? JSON.parse(String(init.body)) : null);
    asked.push({
      what: `${init?.method} ${url.replace("/crm/notification/", "")}`,
      answer: async (body, status) => {
        resolve(reply(body, status));
        await settled();
      },
    });
  });
}

const settled = () => vi.advanceTimersByTimeAsync(0);
const ids = (inbox: Inbox) => inbox.now.items.map((item) => item.notification_id);
const whats = () => asked.map(({ what }) => what);
const item = (inbox: Inbox, id: number) => inbox.find(id) as Notification;

async function desk() {
  const inbox = new Inbox(PERSON, PLAIN);
  await inbox.show(PLAIN);
  return { inbox, acts: new Acts(inbox) };
}

describe("what one does", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", vi.fn(pretend));
    asked = [];
    bodies = [];
    stored = [3, 2, 1].map((id) => sample(id));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is seen at once, and stays though the stream still tells of before", async () => {
    const { inbox, acts } = await desk();
    acts.do([item(inbox, 2)], { action: "archive" });
    expect(ids(inbox)).toEqual([3, 1]);
    inbox.apply({ event: "notification.changed", rev: 1, unread_count: 3, notification: sample(2) });
    expect(ids(inbox)).toEqual([3, 1]);
    const archived = sample(2, { archived_at: "2026-11-20T12:00:00Z" });
    inbox.apply({ event: "notification.changed", rev: 2, unread_count: 2, notification: archived });
    await asked[0]?.answer({ unread_count: 2 });
    expect(ids(inbox)).toEqual([3, 1]);
  });

  it("is taken back, and said, where the server refuses", async () => {
    const { inbox, acts } = await desk();
    acts.do([item(inbox, 2)], { action: "archive" });
    await settled();
    await asked[0]?.answer({ reason: "Not today" }, 409);
    expect(ids(inbox)).toEqual([3, 2, 1]);
    expect(acts.shown).toMatchObject({ isBad: true, text: expect.stringContaining("Not today") });
  });

  it("is no failure where the notification is gone meanwhile", async () => {
    const { inbox, acts } = await desk();
    acts.do([item(inbox, 2)], { action: "mark-read" });
    await settled();
    await asked[0]?.answer({ reason: "Notification not found" }, 404);
    expect(ids(inbox)).toEqual([3, 1]);
    expect(acts.shown?.isBad).toBeUndefined();
  });

  it("is not overtaken by its undoing", async () => {
    const { inbox, acts } = await desk();
    acts.do([item(inbox, 2)], { action: "archive" });
    acts.undo();
    await settled();
    expect(ids(inbox)).toEqual([3, 2, 1]);
    expect(whats()).toEqual(["POST 2/archive"]);
    await asked[0]?.answer({ unread_count: 2 });
    expect(whats()).toEqual(["POST 2/archive", "POST 2/unarchive"]);
  });

  it("deletes when it can no longer be undone, and a new list does not bring the item back before", async () => {
    const { inbox, acts } = await desk();
    acts.delete([item(inbox, 2)]);
    await inbox.refresh();
    expect(ids(inbox)).toEqual([3, 1]);
    expect(whats()).toEqual([]);
    await vi.advanceTimersByTimeAsync(GRACE_MS);
    expect(whats()).toEqual(["DELETE 2"]);
  });

  it("deletes nothing that was undone", async () => {
    const { inbox, acts } = await desk();
    acts.delete([item(inbox, 2), item(inbox, 3)]);
    acts.undo();
    await vi.advanceTimersByTimeAsync(GRACE_MS * 2);
    expect(ids(inbox)).toEqual([3, 2, 1]);
    expect(whats()).toEqual([]);
  });

  it("deletes all of it at once when one leaves the page", async () => {
    stored = Array.from({ length: 30 }, (_, index) => sample(30 - index));
    const { inbox, acts } = await desk();
    acts.delete(inbox.now.items.slice());
    void acts.leave();
    expect(asked.length).toBe(30);
  });

  it("asks for a few at a time otherwise, and says once how many failed", async () => {
    stored = Array.from({ length: 20 }, (_, index) => sample(20 - index));
    const { inbox, acts } = await desk();
    acts.do(inbox.now.items.slice(), { action: "mark-read" });
    await settled();
    expect(asked.length).toBe(6);
    for (let at = 0; at < 20; at++)
      await asked[at]?.answer({ unread_count: 0, reason: "Busy" }, at < 2 ? 503 : 200);
    expect(acts.shown?.text).toBe("2 could not be changed: Busy");
    expect(inbox.now.items.filter((one) => !one.is_read).length).toBe(2);
  });

  it("reads all down from what is shown, newer ones stay unread", async () => {
    const { inbox, acts } = await desk();
    void acts.readAll();
    inbox.apply({ event: "notification.created", rev: 1, unread_count: 1, notification: sample(4) });
    expect(inbox.now.items.map((one) => one.is_read)).toEqual([false, true, true, true]);
    expect(whats()).toEqual(["POST mark-all-read"]);
    expect(acts.shown?.undo).toBeDefined();
  });

  it("never brings an old count back", async () => {
    const { inbox, acts } = await desk();
    acts.do([item(inbox, 2)], { action: "mark-read" });
    await settled();
    inbox.apply({ event: "notification.created", rev: 9, unread_count: 7, notification: sample(4) });
    await asked[0]?.answer({ unread_count: 2 });
    expect(inbox.unread).toBe(7);
  });

  it("ends the activity that it reminds of, and then archives the reminder", async () => {
    const { inbox, acts } = await desk();
    acts.complete(item(inbox, 2), "7/a");
    expect(ids(inbox)).toEqual([3, 1]);
    await settled();
    expect(whats()).toEqual(["GET /crm/record/activities/7%2Fa"]);
    await asked[0]?.answer({ record: { fields: { status: "In Progress" } } });
    expect(bodies[1]).toEqual({ fields: { status: "Completed" } });
    await asked[1]?.answer({ record: {} });
    await asked[2]?.answer({ unread_count: 2 });
    expect(whats().slice(1)).toEqual(["PATCH /crm/record/activities/7%2Fa", "POST 2/archive"]);

    acts.undo();
    await settled();
    expect(bodies[3]).toEqual({ fields: { status: "In Progress" } });
    await asked[3]?.answer({ record: {} });
    await asked[4]?.answer({ unread_count: 3 });
    expect(whats().slice(3)).toEqual(["PATCH /crm/record/activities/7%2Fa", "POST 2/unarchive"]);
    expect(ids(inbox)).toEqual([3, 2, 1]);
  });

  it("keeps the reminder, and says so, where the activity cannot be ended", async () => {
    const { inbox, acts } = await desk();
    acts.complete(item(inbox, 2), "7");
    await settled();
    await asked[0]?.answer({ reason: "Record activities/7 not found" }, 404);
    expect(ids(inbox)).toEqual([3, 2, 1]);
    expect(acts.shown?.text).toContain("Record activities/7 not found");
    acts.undo();
    await settled();
    expect(whats().length).toBe(1);
  });
});
