import { list } from "../../../client/api";
import type { Notification, StreamEvent } from "../../../client/types";
import { PLAIN, type View } from "../route";
import { reasonOf } from "../session/reason";
import { ACCESS, asked, type Person } from "../session/session.svelte";
import { ItemList } from "./list";
import { seek } from "./seek";
import { filterOf, membership } from "./view";

/** How many a page holds: more than a screen, so that the first scroll need not wait. */
const PAGE = 50;
const LARGEST_PAGE = 100;

/** How far down a list is fetched anew when the stream has lost the thread. */
const MOST_REFRESHED = 500;

/** Whose inbox it is, as far as it matters: days begin at the instants of the person's zone. */
type Owner = Pick<Person, "time_zone">;

/** One person's inbox as it is on show: a view of it, loaded as far as one has scrolled, and kept up to date. */
export class Inbox {
  /** The server's count; null until it has said one. */
  unread = $state<number | null>(null);
  phase = $state<"loading" | "ready" | "failed">("loading");
  /** Why the list could not be loaded */
  reason = $state("");
  more = $state<"idle" | "loading" | "failed">("idle");
  /** How many came in above while one was reading further down. */
  fresh = $state(0);
  /** Whether this person has never had a notification, or none is left. */
  isFirstRun = $state(false);
  /** Whether the preview's notification is being looked for */
  isSought = $state(false);
  /** What the list shows */
  view: View = $state.raw(PLAIN);
  /** Whether the list is scrolled down; then nothing may move under one's eyes. */
  isScrolled = false;

  /** Changes whenever the list does: the list itself is one array, changed in place. */
  #version = $state(0);
  #list: ItemList;
  #person: Owner;
  #loading = new AbortController();
  /** Counts what the stream said, so that an answer that took longer does not bring an old count back. */
  #told = 0;
  /** What the stream said since the list on its way was asked for, which may have been read before; else null. */
  #missed: StreamEvent[] | null = null;
  /** Deleted, as far as one sees; the server hears of it when it can no longer be undone. */
  #hidden = new Set<number>();
  /** Being changed by us: what the stream says of them waits, so that nothing flickers back. */
  #busy = new Map<number, { count: number; latest: Notification | null }>();
  /** The one that is read in the preview: it stays there though the list lets it go. */
  #opened = new ItemList(() => true);
  #openedId: number | null = null;

  constructor(person: Owner, view: View) {
    this.#person = person;
    this.view = view;
    this.#list = this.#empty();
  }

  /** The items and a number that tells this state of them from others. */
  get now(): { items: readonly Notification[]; version: number; isComplete: boolean } {
    return { items: this.#list.items, version: this.#version, isComplete: this.#list.next === null };
  }

  find(id: number): Notification | undefined {
    return this.#list.find(id);
  }

  indexOf(id: number): number {
    return this.#list.indexOf(id);
  }

  /** What the preview shows; `isSought` as long as it is looked for. */
  get opened(): { item: Notification | null; isSought: boolean; version: number } {
    return { item: this.#opened.items[0] ?? null, isSought: this.isSought, version: this.#version };
  }

  /** Takes an item into the preview; one that the list does not hold is looked for. */
  async open(id: number | null): Promise<void> {
    if (id === this.#openedId) return;
    this.#openedId = id;
    const known = id === null ? undefined : this.#list.find(id);
    this.#preview(known);
    this.isSought = id !== null && !known;
    if (id === null || known) return;
    const found = await seek(id).catch(() => null);
    if (id !== this.#openedId) return;
    this.isSought = false;
    this.#preview(found ?? undefined);
  }

  #preview(item: Notification | undefined): void {
    this.#opened = new ItemList(() => true);
    this.#opened.append(item ? [item] : [], null);
    this.#changed();
  }

  /** The person changed their zone: days begin at other instants. */
  become(person: Owner): void {
    const isElsewhere = person.time_zone !== this.#person.time_zone;
    this.#person = person;
    if (isElsewhere) void this.show(this.view);
  }

  /** Shows a view from its top. */
  async show(view: View): Promise<void> {
    this.view = view;
    this.#list = this.#empty();
    this.phase = "loading";
    this.more = "idle";
    this.fresh = 0;
    this.#changed();
    const signal = this.#restart();
    try {
      const fetched = await this.#fetch(1, signal);
      if (signal.aborted) return;
      this.#take(fetched);
      this.phase = "ready";
      await this.#lookForAny(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.reason = reasonOf(error);
      this.phase = "failed";
      this.#missed = null;
    }
  }

  /** Fetches the same view again, as far down as it was, leaving in place what one reads. */
  async refresh(): Promise<void> {
    if (this.phase !== "ready") return this.show(this.view);
    const signal = this.#restart();
    this.more = "idle";
    try {
      const fetched = await this.#fetch(Math.min(this.#list.items.length, MOST_REFRESHED), signal);
      if (signal.aborted) return;
      this.#take(fetched);
      await this.#lookForAny(signal);
    } catch {
      if (!signal.aborted) this.#missed = null;
      // What is shown stays; the banner says that it may be old, and the stream will ask again.
    }
  }

  /** Adds the next page, unless one is on its way. */
  async loadMore(): Promise<void> {
    const { next } = this.#list;
    if (this.phase !== "ready" || this.more === "loading" || !next) return;
    this.more = "loading";
    const { signal } = this.#loading;
    const target = this.#list;
    try {
      const filter = { ...filterOf(this.view, this.#person.time_zone), limit: LARGEST_PAGE, cursor: next };
      const page = await asked(list(ACCESS, filter, { signal }));
      if (signal.aborted) return;
      target.append(this.#shown(page.notifications), page.next_cursor);
      this.more = "idle";
      this.#changed();
    } catch {
      if (!signal.aborted) this.more = "failed";
    }
  }

  /** Applies what the stream says. */
  apply(event: StreamEvent): void {
    if (event.unread_count !== undefined) {
      this.#told++;
      this.unread = event.unread_count;
    }
    this.#missed?.push(event);
    switch (event.event) {
      case "notification.created":
      case "notification.changed":
        this.#hear(event.notification, event.event === "notification.created");
        break;
      case "notification.removed": {
        const id = event.notification.notification_id;
        this.#hidden.delete(id);
        if (this.#both((list) => list.remove(id))) this.#changed();
        break;
      }
      case "inbox.read":
        if (this.#both((list) => list.readAll(event.up_to, event.read_at))) this.#changed();
        break;
      case "reset":
        break;
    }
  }

  #hear(item: Notification, isNew: boolean): void {
    const busy = this.#busy.get(item.notification_id);
    if (busy) {
      busy.latest = item;
      return;
    }
    if (this.#hidden.has(item.notification_id)) return;
    this.isFirstRun = false;
    const wasThere = this.#list.has(item.notification_id);
    this.#put(item, isNew);
    const isOnTop = isNew && !wasThere && this.#list.has(item.notification_id);
    if (isOnTop && this.isScrolled) this.fresh++;
  }

  /** Shows an item as it will be, while the server is asked for it. `stays` keeps it on show though it is read now. */
  expect(item: Notification, stays: boolean): void {
    const id = item.notification_id;
    const busy = this.#busy.get(id) ?? { count: 0, latest: null };
    this.#busy.set(id, { ...busy, count: busy.count + 1 });
    if (stays) this.#list.keep(id);
    this.#put(item);
  }

  /** The server has answered for an item; `truth` is how it is where that is not as expected. */
  answered(id: number, truth?: Notification): void {
    const busy = this.#busy.get(id);
    if (!busy) return;
    if (busy.count > 1) {
      busy.count--;
      return;
    }
    this.#busy.delete(id);
    const latest = busy.latest ?? truth;
    if (latest) this.#hear(latest, false);
  }

  /** It turned out that an item is gone. */
  lose(id: number): void {
    this.#busy.delete(id);
    if (this.#both((list) => list.remove(id))) this.#changed();
  }

  /** The number of a count that an answer may bring: see `count`. */
  get moment(): number {
    return this.#told;
  }

  /** Takes a count from an answer, unless the stream has said another since the request was made at `moment`. */
  count(unread: number, moment: number): void {
    if (moment === this.#told) this.unread = unread;
  }

  /** Takes items out of sight that are to be deleted. */
  hide(ids: Iterable<number>): void {
    for (const id of ids) {
      this.#hidden.add(id);
      this.#list.remove(id);
    }
    this.#changed();
  }

  /** Brings hidden items back to their places. */
  unhide(items: readonly Notification[]): void {
    for (const item of items) {
      this.#hidden.delete(item.notification_id);
      this.#list.put(item);
    }
    this.#changed();
  }

  /** Everything from an item downwards is read, as far as one sees. */
  readAll(upTo: number, at: string): void {
    if (this.#both((list) => list.readAll(upTo, at))) this.#changed();
  }

  /** No list is loaded any more. */
  stop(): void {
    this.#loading.abort();
  }

  #empty(): ItemList {
    return new ItemList(membership(this.view, this.#person.time_zone));
  }

  #restart(): AbortSignal {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#missed = [];
    return this.#loading.signal;
  }

  /** Shows a list that was fetched, with what has happened since. */
  #take(fetched: ItemList): void {
    this.#list = fetched;
    for (const event of this.#missed ?? []) {
      const id = event.notification?.notification_id ?? 0;
      if (!this.#busy.has(id) && !this.#hidden.has(id)) fetched.apply(event);
    }
    this.#missed = null;
    this.#changed();
  }

  async #fetch(atLeast: number, signal: AbortSignal): Promise<ItemList> {
    const fetched = this.#empty();
    const filter = filterOf(this.view, this.#person.time_zone);
    const limit = atLeast > PAGE ? LARGEST_PAGE : PAGE;
    do {
      const moment = this.#told;
      const page = await asked(list(ACCESS, { ...filter, limit, cursor: fetched.next }, { signal }));
      this.count(page.unread_count, moment);
      fetched.append(this.#shown(page.notifications), page.next_cursor);
    } while (fetched.items.length < atLeast && fetched.next);
    return fetched;
  }

  #shown(page: readonly Notification[]): Notification[] {
    return page.filter((item) => !this.#hidden.has(item.notification_id));
  }

  /** An empty inbox with something snoozed or archived is no first run. */
  async #lookForAny(signal: AbortSignal): Promise<void> {
    this.isFirstRun = false;
    const { tab, type, from, until, words } = this.view;
    if (this.#list.items.length > 0 || tab !== "all" || type || from || until || words) return;
    const others = [{ snoozed: true }, { archived: true }];
    const pages = await Promise.all(
      others.map((one) => asked(list(ACCESS, { ...one, limit: 1 }, { signal }))),
    );
    const isNone = pages.every((page) => page.notifications.length === 0);
    this.isFirstRun = isNone && this.#list.items.length === 0 && this.#hidden.size === 0;
  }

  #put(item: Notification, isNew = false): void {
    const isListed = this.#list.put(item, isNew);
    const isOpen = this.#opened.has(item.notification_id) && this.#opened.put(item);
    if (isListed || isOpen) this.#changed();
  }

  /** Does something to the list and the preview alike. */
  #both(change: (list: ItemList) => boolean): boolean {
    return [this.#list, this.#opened].map(change).includes(true);
  }

  #changed(): void {
    this.#version++;
  }
}
