import type { Action } from "../../../client/api";
import type { Notification } from "../../../client/types";
import { shelfOf } from "./view";

/** Something done to a notification; `until` belongs to snooze. */
export interface Step {
  action: Action;
  until?: string;
}

/** What a step will make of a notification, so that one sees it before the server has answered. */
export function foreseen(item: Notification, { action, until }: Step, now: string): Notification {
  switch (action) {
    case "mark-read":
      return { ...item, is_read: true, read_at: item.read_at ?? now };
    case "mark-unread":
      return { ...item, is_read: false, read_at: null };
    case "archive":
      return { ...item, archived_at: now, snoozed_until: null };
    case "snooze":
      return { ...item, archived_at: null, snoozed_until: until ?? now };
    case "unarchive":
    case "unsnooze":
      return { ...item, archived_at: null, snoozed_until: null };
  }
}

/** Whether a step would change anything. */
export function matters(item: Notification, { action, until }: Step): boolean {
  const shelf = shelfOf(item);
  switch (action) {
    case "mark-read":
      return !item.is_read;
    case "mark-unread":
      return item.is_read;
    case "archive":
      return shelf !== "archive";
    case "unarchive":
      return shelf === "archive";
    case "unsnooze":
      return shelf === "snoozed";
    case "snooze":
      return item.snoozed_until !== until;
  }
}

/** The step that takes a notification back to how it was before another one. */
export function back(before: Notification, { action }: Step): Step {
  if (action === "mark-read") return { action: "mark-unread" };
  if (action === "mark-unread") return { action: "mark-read" };
  switch (shelfOf(before)) {
    case "archive":
      return { action: "archive" };
    case "snoozed":
      return { action: "snooze", until: before.snoozed_until ?? "" };
    case "inbox":
      return { action: action === "snooze" ? "unsnooze" : "unarchive" };
  }
}
