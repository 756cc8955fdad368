import type { Notification, StreamEvent } from "../../../client/types";
import { shelfOf } from "./view";

/**
 * The notifications of one view, newest first, as far as they are loaded.
 *
 * It is changed in place and kept in one array: at 100,000 items a copy for every event would be felt. Whoever
 * shows it looks again when a method says that something changed.
 */
export class ItemList {
  readonly items: Notification[] = [];
  /** Where the next page begins; null when all are loaded, undefined before the first page. */
  next: string | null | undefined = undefined;
  #ids = new Set<number>();
  #belongs: (item: Notification) => boolean;
  /** Shown though they no longer belong: what one just read does not vanish from Unread under one's eyes. */
  #kept = new Set<number>();

  constructor(belongs: (item: Notification) => boolean) {
    this.#belongs = belongs;
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }

  indexOf(id: number): number {
    return this.#ids.has(id) ? this.items.findIndex((item) => item.notification_id === id) : -1;
  }

  find(id: number): Notification | undefined {
    return this.items[this.indexOf(id)];
  }

  /** Adds a page below. An item may be here already: it came back, or an event brought it first. */
  append(page: readonly Notification[], next: string | null): void {
    for (const item of page) {
      if (!this.#ids.has(item.notification_id)) this.#add(item);
    }
    this.next = next;
  }

  #add(item: Notification): void {
    this.#ids.add(item.notification_id);
    this.items.push(item);
  }

  /** From now on the item stays, whatever becomes of its read state. */
  keep(id: number): void {
    this.#kept.add(id);
  }

  /**
   * Takes in an item as it is now: changes it, adds it or lets it go. `isNewest` puts it on top; otherwise one
   * that comes back goes to where its number belongs.
   *
   * @returns whether the list changed
   */
  put(item: Notification, isNewest = false): boolean {
    const id = item.notification_id;
    const index = this.indexOf(id);
    const stays = this.#belongs(item) || (this.#kept.has(id) && this.#belongs({ ...item, is_read: false }));
    if (!stays) return this.remove(id);
    if (index >= 0 && (!isNewest || index === 0)) {
      this.items[index] = item;
      return true;
    }
    if (index >= 0) this.items.splice(index, 1);
    else if (!isNewest && !this.#reaches(item)) return false;
    this.#ids.add(id);
    this.items.splice(isNewest ? 0 : this.#placeOf(id), 0, item);
    return true;
  }

  /** @returns whether it was there */
  remove(id: number): boolean {
    const index = this.indexOf(id);
    if (index < 0) return false;
    this.items.splice(index, 1);
    this.#ids.delete(id);
    return true;
  }

  /** Everything in the inbox is read, from `upTo` downwards or all of it. */
  readAll(upTo: number | null, at: string): boolean {
    const start = upTo === null ? 0 : this.indexOf(upTo);
    const isOlder = (item: Notification, index: number) =>
      start >= 0 ? index >= start : item.notification_id <= (upTo ?? 0);
    const mustChange = (item: Notification, index: number) =>
      !item.is_read && shelfOf(item) === "inbox" && isOlder(item, index);
    if (!this.items.some(mustChange)) return false;
    this.#kept.clear();
    const after = this.items
      .map((item, index) => (mustChange(item, index) ? { ...item, is_read: true, read_at: at } : item))
      .filter(this.#belongs);
    this.items.length = 0;
    this.#ids.clear();
    for (const item of after) this.#add(item);
    return true;
  }

  /**
   * Applies what the stream said; an event that the list already knows changes nothing that is seen.
   *
   * @returns whether the list changed
   */
  apply(event: StreamEvent): boolean {
    switch (event.event) {
      case "notification.created":
        return this.put(event.notification, true);
      case "notification.changed":
        return this.put(event.notification);
      case "notification.removed":
        return this.remove(event.notification.notification_id);
      case "inbox.read":
        return this.readAll(event.up_to, event.read_at);
      case "reset":
        return false;
    }
  }

  /** Whether an item's place is within what is loaded; one further down comes with its page. */
  #reaches(item: Notification): boolean {
    const last = this.items.at(-1);
    return this.next === null || (last !== undefined && item.notification_id > last.notification_id);
  }

  /** Looked for from below: what was snoozed stands above newer ones with its old number. */
  #placeOf(id: number): number {
    return this.items.findLastIndex((item) => item.notification_id > id) + 1;
  }
}
