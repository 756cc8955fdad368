import type { Filter } from "../../../client/api";
import type { Notification } from "../../../client/types";
import type { Tab, View } from "../route";
import { addDays, dayStart, rfc3339 } from "../time/zone";

/** Where a notification stands: each is on one shelf. */
export type Shelf = "inbox" | "snoozed" | "archive";

export function shelfOf(item: Notification): Shelf {
  if (item.archived_at) return "archive";
  return item.snoozed_until ? "snoozed" : "inbox";
}

const SHELVES: Record<Tab, Shelf> = {
  all: "inbox",
  unread: "inbox",
  snoozed: "snoozed",
  archived: "archive",
};

/** What the server is asked for, to see a view. */
export function filterOf(view: View, zone: string): Filter {
  const { from, until } = instants(view, zone);
  return {
    unread: view.tab === "unread",
    snoozed: view.tab === "snoozed",
    archived: view.tab === "archived",
    type: view.type ?? undefined,
    q: view.words || undefined,
    from,
    until,
  };
}

/** Days as instants: the last day counts whole, so the end is where the next one begins. */
function instants({ from, until }: View, zone: string) {
  return {
    from: from ? rfc3339(dayStart(from, zone)) : undefined,
    until: until ? rfc3339(dayStart(addDays(until, 1), zone)) : undefined,
  };
}

/** Says of any notification whether a view shows it: what the server does for a list, done here for live events. */
export function membership(view: View, zone: string): (item: Notification) => boolean {
  const { from, until } = instants(view, zone);
  const words = view.words.toLowerCase();
  return (item) =>
    shelfOf(item) === SHELVES[view.tab] &&
    (view.tab !== "unread" || !item.is_read) &&
    (!view.type || item.type === view.type) &&
    (!from || item.created_at >= from) &&
    (!until || item.created_at < until) &&
    (!words || `${item.title}\n${item.message ?? ""}`.toLowerCase().includes(words));
}
