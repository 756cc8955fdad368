import { describe, expect, it } from "vitest";
import { PLAIN, type View } from "../route";
import { ItemList } from "./list";
import { sample } from "./sample";
import { membership } from "./view";

const NOW = "2026-11-20T12:00:00Z";

function listOf(view: Partial<View>, ids: number[], next: string | null = null): ItemList {
  const list = new ItemList(membership({ ...PLAIN, ...view }, "UTC"));
  list.append(
    ids.map((id) => sample(id)),
    next,
  );
  return list;
}

const idsOf = (list: ItemList) => list.items.map((item) => item.notification_id);

describe("a list of notifications", () => {
  it("puts what is new on top, and knows it when a page brings it again", () => {
    const list = listOf({}, [3, 2]);
    const event = { event: "notification.created", rev: 1, unread_count: 3 } as const;
    expect(list.apply({ ...event, notification: sample(4) })).toBe(true);
    list.apply({ ...event, notification: sample(4, { title: "again" }) });
    list.append([sample(3), sample(1)], null);
    expect(idsOf(list)).toEqual([4, 3, 2, 1]);
    expect(list.items[0]?.title).toBe("again");
  });

  it("moves what comes back from snooze to the top, though it is old", () => {
    const list = listOf({}, [9, 8, 7]);
    list.apply({ event: "notification.created", rev: 1, unread_count: 1, notification: sample(7) });
    expect(idsOf(list)).toEqual([7, 9, 8]);
  });

  it("puts what comes back from the archive where it was, below one that woke", () => {
    const list = listOf({}, [2, 9, 7, 5]);
    list.put(sample(8));
    expect(idsOf(list)).toEqual([2, 9, 8, 7, 5]);
  });

  it("leaves an item that is older than all loaded to its page", () => {
    const list = listOf({}, [9, 8], "8");
    expect(list.put(sample(3))).toBe(false);
    expect(idsOf(list)).toEqual([9, 8]);
    list.next = null;
    list.put(sample(3));
    expect(idsOf(list)).toEqual([9, 8, 3]);
  });

  it("lets go what moved to another shelf, and takes it in there", () => {
    const archived = sample(2, { archived_at: NOW });
    const inbox = listOf({}, [3, 2, 1]);
    const archive = new ItemList(membership({ ...PLAIN, tab: "archived" }, "UTC"));
    archive.append([], null);
    const event = { event: "notification.changed", rev: 1, unread_count: 2, notification: archived } as const;
    inbox.apply(event);
    archive.apply(event);
    expect(idsOf(inbox)).toEqual([3, 1]);
    expect(idsOf(archive)).toEqual([2]);
  });

  it("removes what was deleted, once", () => {
    const list = listOf({}, [2, 1]);
    const event = {
      event: "notification.removed",
      rev: 1,
      unread_count: 1,
      notification: { notification_id: 2 },
    } as const;
    expect(list.apply(event)).toBe(true);
    expect(list.apply(event)).toBe(false);
    expect(idsOf(list)).toEqual([1]);
  });

  it("reads from an item downwards, and leaves newer ones unread", () => {
    const list = listOf({}, [4, 3, 2, 1]);
    list.apply({
      event: "inbox.read",
      rev: 1,
      unread_count: 1,
      notification: null,
      up_to: 3,
      read_at: NOW,
    });
    expect(list.items.map((item) => item.is_read)).toEqual([false, true, true, true]);
    expect(list.items[1]?.read_at).toBe(NOW);
  });

  it("empties Unread when everything is read, what was kept included", () => {
    const list = listOf({ tab: "unread" }, [4, 3]);
    list.keep(4);
    list.put(sample(4, { is_read: true }));
    expect(idsOf(list)).toEqual([4, 3]);
    list.readAll(null, NOW);
    expect(idsOf(list)).toEqual([]);
    expect(list.has(3)).toBe(false);
    list.put(sample(4, { is_read: true }));
    expect(idsOf(list)).toEqual([]);
  });

  it("keeps in Unread what one just read, unless it leaves the shelf; what others read goes", () => {
    const list = listOf({ tab: "unread" }, [4, 3]);
    list.keep(4);
    list.put(sample(4, { is_read: true }));
    list.put(sample(3, { is_read: true }));
    expect(idsOf(list)).toEqual([4]);
    list.put(sample(4, { is_read: true, archived_at: NOW }));
    expect(idsOf(list)).toEqual([]);
  });

  it("does not read snoozed or archived ones with the inbox", () => {
    const list = new ItemList(membership({ ...PLAIN, tab: "archived" }, "UTC"));
    list.append([sample(1, { archived_at: NOW })], null);
    expect(list.readAll(null, NOW)).toBe(false);
  });

  it("takes only live events that its filter lets through", () => {
    const view = { type: "custom", words: "acme", from: "2026-11-20", until: "2026-11-20" };
    const list = listOf(view, []);
    const wanted = sample(1, { title: "At ACME" });
    expect(list.put(wanted, true)).toBe(true);
    expect(list.put({ ...wanted, notification_id: 2, type: "manual" }, true)).toBe(false);
    expect(list.put({ ...wanted, notification_id: 3, title: "Elsewhere" }, true)).toBe(false);
    expect(list.put({ ...wanted, notification_id: 4, created_at: "2026-11-21T00:00:00Z" }, true)).toBe(false);
    expect(list.put({ ...wanted, notification_id: 5, created_at: "2026-11-20T23:59:59Z" }, true)).toBe(true);
  });

  it("takes an event in at 100,000 items in a few milliseconds", () => {
    const list = listOf({}, []);
    list.append(
      Array.from({ length: 100_000 }, (_, index) => sample(200_000 - index)),
      "1",
    );
    const started = performance.now();
    for (let id = 300_000; id < 300_050; id++) list.put(sample(id), true);
    for (let id = 100_051; id < 100_101; id++) list.put(sample(id, { archived_at: NOW }));
    expect(list.items.length).toBe(100_000);
    expect((performance.now() - started) / 100).toBeLessThan(10);
  });
});
