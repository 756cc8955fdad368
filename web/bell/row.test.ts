import { expect, test, vi } from "vitest";
import type { Notification } from "../client/types";
import { en } from "./en";
import { makeRow, READ, SNOOZE } from "./row";

const base: Notification = {
  notification_id: 7,
  user_id: 1,
  type: "ticket_assigned",
  title: "Ticket",
  message: null,
  link: null,
  metadata: null,
  is_read: false,
  created_at: "2026-11-22T10:00:00Z",
  read_at: null,
  archived_at: null,
  snoozed_until: null,
};

const act = vi.fn();
const follow = vi.fn();

function show(more: Partial<Notification>) {
  const item = { ...base, ...more };
  const row = makeRow(item, en.split("\n"), "en", act, follow);
  row.show(item);
  document.body.replaceChildren(row);
  return { row, link: row.firstElementChild as HTMLAnchorElement };
}

test.each(["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "&lt;b&gt;", "{{7*7}}", "${7}"])(
  "%s is text",
  (text) => {
    const { row } = show({ title: text, message: text, type: text, link: text });
    expect(row.querySelector("b")!.textContent).toBe(text);
    expect(row.querySelector(".message")!.textContent).toBe(text);
    expect(row.querySelector("img, script, [href]")).toBeNull();
  },
);

test.each(["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:text/html,x"])(
  "%s is no link but can be read by a click",
  (link) => {
    const { link: shown } = show({ link });
    expect(shown.tagName).toBe("BUTTON");
    expect(shown.getAttribute("href")).toBeNull();
    shown.click();
    expect(follow).toHaveBeenCalled();
  },
);

test("a path opens here, another host in a tab of its own, and says where it goes", () => {
  expect(show({ link: "/tickets/42" }).link.getAttribute("target")).toBeNull();
  const { link } = show({ link: "https://status.example.com/x" });
  expect([link.target, link.rel]).toEqual(["_blank", "noopener noreferrer"]);
  expect(link.querySelector("small")!.textContent).toContain("status.example.com");
});

test("that it is unread is said, not only shown", () => {
  const { row, link } = show({});
  expect([row.className, link.textContent]).toEqual(["unread", expect.stringContaining("Unread: ")]);
  row.show({ ...base, is_read: true });
  expect([row.className, link.textContent]).toEqual(["", expect.not.stringContaining("Unread")]);
});

test("tools do what their names say, to the notification as it is now", () => {
  const { row } = show({});
  const later = { ...base, title: "newer" };
  row.show(later);
  row.querySelector<HTMLElement>("[title='Mark as read']")!.click();
  expect(act).toHaveBeenLastCalledWith(later, READ);
});

test("a snooze asks until when, and its tool closes the choice again", () => {
  const { row } = show({});
  const tool = row.querySelector<HTMLElement>(".snooze")!;
  tool.click();
  const presets = row.querySelectorAll<HTMLElement>(".preset");
  expect([3, 4]).toContain(presets.length);
  expect(presets[0]!.textContent).toMatch(/^in 1 hour · /);
  presets[0]!.click();
  expect(act).toHaveBeenLastCalledWith(base, SNOOZE, expect.any(Date));
  tool.click();
  expect(row.querySelector(".preset")).toBeNull();
});
