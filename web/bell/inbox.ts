// What an event makes of the list that the bell shows. Pure: no page, no server.
import type { Notification } from "../client/types";

/**
 * The items with `item` as it is now, which is at the top if it `isNew`, gone if it left the inbox, and else where
 * it was. Those read meanwhile stay, so that nothing moves under a finger. One that comes back goes where its number
 * puts it (times are whole seconds); `hasMore` says that there are others below, not yet loaded, where it will be found.
 */
export function after(
  item: Notification,
  isNew: boolean,
  items: Notification[],
  hasMore: boolean,
): Notification[] {
  const at = items.findIndex((other) => other.notification_id == item.notification_id);
  const others = items.filter((_, index) => index != at);
  // One that was removed is its number and nothing else.
  if (!item.created_at || item.archived_at || item.snoozed_until) return others;
  const place = isNew
    ? 0
    : at < 0
      ? items.findIndex((other) => other.notification_id < item.notification_id)
      : at;
  return place < 0 && hasMore ? others : others.toSpliced(place < 0 ? others.length : place, 0, item);
}
