// What an event makes of the list that the bell shows. Pure: no page, no server.
import type { Notification, StreamEvent } from "../client/types";

/** What the bell shows of the inbox: its beginning, whole or only what is unread. */
export interface Shown {
  items: Notification[];
  isOnlyUnread: boolean;
  /** Whether there is more below, not yet loaded. */
  hasMore: boolean;
}

/** The items without that one. */
export const without = (items: Notification[], id: number): Notification[] =>
  items.filter((other) => other.notification_id != id);

/** The items after the event. Those read meanwhile stay where they are, so that nothing moves under a finger. */
export function after(event: StreamEvent, { items, isOnlyUnread, hasMore }: Shown): Notification[] {
  if (event.event == "inbox.read") {
    const from = items.findIndex((item) => item.notification_id == event.up_to);
    return items.map((item, index) =>
      // One that is not here any more still says how far, by its number.
      event.up_to == null || (from < 0 ? item.notification_id <= event.up_to : index >= from)
        ? { ...item, is_read: true, read_at: item.read_at ?? event.read_at }
        : item,
    );
  }
  const { notification } = event;
  if (!notification) return items;
  const others = without(items, notification.notification_id);
  if (event.event == "notification.removed") return others;
  const item = notification as Notification;
  if (item.archived_at || item.snoozed_until) return others;
  if (event.event == "notification.created") return [item, ...others];
  if (others.length < items.length)
    return items.map((old) => (old.notification_id == item.notification_id ? item : old));
  if (isOnlyUnread && item.is_read) return items;
  // It comes back to its old place; below what is loaded it will be found there.
  const place = items.findIndex((other) => other.created_at < item.created_at);
  if (place < 0) return hasMore ? items : [...items, item];
  return items.toSpliced(place, 0, item);
}
