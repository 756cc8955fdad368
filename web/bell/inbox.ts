// What an event makes of the list that the bell shows. Pure: no page, no server.
import type { Notification, StreamEvent } from "../client/types";

/**
 * The items after the event; `hasMore` says that there are others below, not yet loaded. Those read meanwhile
 * stay where they are, so that nothing moves under a finger.
 */
export function after(event: StreamEvent, items: Notification[], hasMore: boolean): Notification[] {
  const { notification } = event;
  if (event.event == "inbox.read") {
    const { up_to } = event;
    const from = items.findIndex((item) => item.notification_id == up_to);
    return items.map((item, index) =>
      // One that is not here any more still says how far, by its number.
      up_to == null || (from < 0 ? item.notification_id <= up_to : index >= from)
        ? { ...item, is_read: true }
        : item,
    );
  }
  if (!notification) return items;
  const at = items.findIndex((item) => item.notification_id == notification.notification_id);
  const others = items.filter((_, index) => index != at);
  const item = notification as Notification;
  if (!item.created_at || item.archived_at || item.snoozed_until) return others;
  // A new one goes to the top, a known one stays, and one that is back goes to its old place, if that is loaded.
  const old = items.findIndex((other) => other.created_at < item.created_at);
  const place = event.event == "notification.created" ? 0 : at >= 0 ? at : old;
  return place >= 0 ? others.toSpliced(place, 0, item) : hasMore ? others : [...others, item];
}
