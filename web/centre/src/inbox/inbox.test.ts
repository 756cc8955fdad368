import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Notification } from "../../../client/types";
import { PLAIN } from "../route";
import { Inbox } from "./inbox.svelte";
import { sample } from "./sample";

const PERSON = { time_zone: "UTC" };

/** The lists that were asked for, to be answered by the test. */
let asked: ((stored: Notification[]) => void)[] = [];

function pretend(): Promise<Response> {
  return new Promise((resolve) => {
    asked.push((notifications) =>
      resolve(new Response(JSON.stringify({ notifications, unread_count: 9, next_cursor: null }))),
    );
  });
}

const ids = (inbox: Inbox) => inbox.now.items.map((item) => item.notification_id);
const heard = { rev: 7, unread_count: 2 };

describe("what happens while a list is on its way", () => {
  beforeEach(() => {
    vi.stubGlobal("fetch", vi.fn(pretend));
    asked = [];
  });
  afterEach(() => void vi.unstubAllGlobals());

  const answered = async (inbox: Inbox, loading: Promise<void>, stored: Notification[]) => {
    asked.at(-1)!(stored);
    await loading;
    return ids(inbox);
  };

  it("is in the list that comes, which was read before", async () => {
    const inbox = new Inbox(PERSON, PLAIN);
    const loading = inbox.show(PLAIN);
    inbox.apply({ event: "notification.created", ...heard, notification: sample(4) });
    inbox.apply({ event: "notification.changed", ...heard, notification: sample(3, { title: "Anew" }) });
    inbox.apply({ event: "notification.removed", ...heard, notification: { notification_id: 1 } });
    expect(
      await answered(
        inbox,
        loading,
        [3, 2, 1].map((id) => sample(id)),
      ),
    ).toEqual([4, 3, 2]);
    expect(inbox.find(3)?.title).toBe("Anew");
    expect(inbox.unread).toBe(2);
  });

  it("is there once where the list has it already, and not counted twice", async () => {
    const inbox = new Inbox(PERSON, PLAIN);
    expect(await answered(inbox, inbox.show(PLAIN), [sample(1)])).toEqual([1]);
    inbox.isScrolled = true;
    const loading = inbox.refresh();
    for (const id of [2, 3])
      inbox.apply({ event: "notification.created", ...heard, notification: sample(id) });
    expect(await answered(inbox, loading, [sample(2), sample(1)])).toEqual([3, 2, 1]);
    expect(inbox.fresh).toBe(2);
  });

  it("stays hidden where one has just deleted it, and read where one has just read it", async () => {
    const inbox = new Inbox(PERSON, PLAIN);
    await answered(inbox, inbox.show(PLAIN), [sample(2), sample(1)]);
    const loading = inbox.refresh();
    inbox.hide([2]);
    inbox.expect(sample(1, { is_read: true }), false);
    for (const id of [1, 2])
      inbox.apply({ event: "notification.changed", ...heard, notification: sample(id) });
    expect(await answered(inbox, loading, [sample(2), sample(1)])).toEqual([1]);
  });
});
