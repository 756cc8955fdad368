import type { Notification, StreamEvent } from "../../../client/types";
import { Acts } from "../inbox/acts.svelte";
import { Inbox } from "../inbox/inbox.svelte";
import { shelfOf } from "../inbox/view";
import { Connection } from "../live/connection.svelte";
import { PLAIN, type Tab, type View, writeRoute } from "../route";
import { go, here, leaveDetail } from "../router.svelte";
import type { Person } from "../session/session.svelte";
import { t } from "../text/text.svelte";
import { Selection } from "./selection.svelte";
import { isNarrow, paneWithKeyboard } from "./panes";

/** How long one looks at a notification that the keys moved to before it counts as read. */
const LOOKED_AT_MS = 1_500;

/** One person at work: their inbox, what they chose and opened in it, and the stream that keeps it true. */
export class Desk {
  readonly inbox: Inbox;
  readonly acts: Acts;
  readonly connection: Connection;
  readonly selected = new Selection();
  /** Where the keys stand in the list */
  cursor = $state<number | null>(null);
  /** Whether the preview shows without marking as read */
  isPeeking = $state(false);
  /** What the snooze dialog is about; null while it is closed */
  snoozing = $state.raw<readonly Notification[] | null>(null);
  isHelpOpen = $state(false);
  /** Set by the list while it is there: brings an item into sight, and if asked gives it the keyboard. */
  reveal: (id: number, withFocus: boolean) => void = () => {};
  /** Set by the preview while it is there: gives its heading the keyboard. */
  focusPreview: () => void = () => {};
  #cursorIndex = 0;
  #looked: ReturnType<typeof setTimeout> | undefined;
  #isLoaded = false;

  constructor(person: Person) {
    const route = here();
    this.inbox = new Inbox(person, route.page === "inbox" ? route.view : PLAIN);
    this.acts = new Acts(this.inbox);
    this.connection = new Connection(person.id, (event) => this.#hear(event));
    void this.#load();
  }

  /** Fetches the first list once the stream stands. */
  async #load(): Promise<void> {
    await this.connection.standing;
    this.#isLoaded = true;
    await this.inbox.show(this.inbox.view);
  }

  #hear(event: StreamEvent): void {
    this.inbox.apply(event);
    if (event.event === "reset" && this.#isLoaded) void this.inbox.refresh();
    if (event.event === "notification.removed") this.selected.remove(event.notification.notification_id);
  }

  /** Shows a view, unless it is the one on show. */
  look(view: View): void {
    if (addressOf(view) === addressOf(this.inbox.view)) return;
    this.selected.clear();
    this.cursor = null;
    this.#cursorIndex = 0;
    void this.inbox.show(view);
  }

  /** Goes to a tab, without the filter of the one before. */
  goTo(tab: Tab): void {
    go({ page: "inbox", view: { ...PLAIN, tab }, id: null });
  }

  /** Narrows or widens the view. */
  narrow(change: Partial<View>, { replace = false } = {}): void {
    go({ page: "inbox", view: { ...this.inbox.view, ...change }, id: null }, { replace });
  }

  /** The notification in the preview, or none. */
  get openId(): number | null {
    const route = here();
    return route.page === "inbox" ? route.id : null;
  }

  /** Opens a notification: it counts as read. */
  open(item: Notification): void {
    this.isPeeking = false;
    this.#show(item, this.openId === item.notification_id);
    this.acts.read(item);
  }

  /** Shows a notification in the preview and leaves it unread; once more closes it. */
  peek(item: Notification): void {
    if (this.isPeeking && this.openId === item.notification_id) return this.close();
    this.isPeeking = true;
    this.#show(item, this.openId !== null);
  }

  #show(item: Notification, replace: boolean): void {
    clearTimeout(this.#looked);
    this.stand(item.notification_id);
    go({ page: "inbox", view: this.inbox.view, id: item.notification_id }, { replace });
  }

  /** Closes the preview. */
  close(): void {
    clearTimeout(this.#looked);
    this.isPeeking = false;
    if (this.openId !== null) leaveDetail({ page: "inbox", view: this.inbox.view, id: null });
  }

  /** Puts the keys on an item. */
  stand(id: number): void {
    this.cursor = id;
    this.#cursorIndex = Math.max(0, this.inbox.indexOf(id));
  }

  /** Moves the keys down or up; an open preview goes along. */
  move(by: 1 | -1): void {
    const { items } = this.inbox.now;
    const at = this.cursor === null ? -1 : this.inbox.indexOf(this.cursor);
    // Where the item is gone, the next one has moved into its place.
    const gone =
      this.cursor === null ? (by === 1 ? 0 : items.length - 1) : this.#cursorIndex - (by === 1 ? 0 : 1);
    const to = items[Math.min(Math.max(at >= 0 ? at + by : gone, 0), items.length - 1)];
    if (to) this.#follow(to);
  }

  /** Opens the neighbour of what is open: the buttons beside it say so, hence it is read. */
  step(by: 1 | -1): void {
    const at = this.openId === null ? -1 : this.inbox.indexOf(this.openId);
    const to = at < 0 ? undefined : this.inbox.now.items[at + by];
    if (!to) return;
    this.#show(to, true);
    this.reveal(to.notification_id, false);
    this.acts.read(to);
  }

  #follow(item: Notification): void {
    this.stand(item.notification_id);
    const isShowing = this.openId !== null;
    const isReading = isShowing && paneWithKeyboard() === "preview";
    if (isShowing) this.#show(item, true);
    this.reveal(item.notification_id, !isReading);
    if (isReading) this.focusPreview();
    if (isShowing && !this.isPeeking) this.#readSoon(item.notification_id);
  }

  #readSoon(id: number): void {
    this.#looked = setTimeout(() => {
      const { item } = this.inbox.opened;
      if (item?.notification_id === id && this.openId === id && !document.hidden) this.acts.read(item);
    }, LOOKED_AT_MS);
  }

  /** What a key or the bar acts on: what is selected, else what is open, else where the keys stand. */
  get targets(): Notification[] {
    if (this.selected.size > 0)
      return this.inbox.now.items.filter((item) => this.selected.has(item.notification_id));
    const { item } = this.inbox.opened;
    if (this.openId !== null) return item ? [item] : [];
    const here = this.cursor === null ? undefined : this.inbox.find(this.cursor);
    return here ? [here] : [];
  }

  /** Archives, or takes out of the archive where all are in it. */
  archive(items: readonly Notification[]): void {
    const isBack = items.length > 0 && items.every((item) => shelfOf(item) === "archive");
    this.#leaving(items, () => this.acts.do(items, { action: isBack ? "unarchive" : "archive" }));
  }

  /** Puts away until an instant; `when` is how it is said. */
  snooze(items: readonly Notification[], until: string, when: string): void {
    const { done } = t();
    const said = done.until(done.snooze(items.length), when);
    this.#leaving(items, () => this.acts.do(items, { action: "snooze", until }, said));
  }

  /** Ends the activity that a reminder is about. */
  complete(item: Notification, activity: string): void {
    this.#leaving([item], () => this.acts.complete(item, activity));
  }

  unsnooze(items: readonly Notification[]): void {
    this.#leaving(items, () => this.acts.do(items, { action: "unsnooze" }));
  }

  delete(items: readonly Notification[]): void {
    this.#leaving(items, () => this.acts.delete(items));
  }

  mark(items: readonly Notification[], isRead: boolean): void {
    clearTimeout(this.#looked);
    this.acts.do(items, { action: isRead ? "mark-read" : "mark-unread" });
    this.selected.clear();
  }

  /** Does something that takes items out of the list; the keys and the preview go on to the next. */
  #leaving(items: readonly Notification[], act: () => void): void {
    clearTimeout(this.#looked);
    const ids = new Set(items.map((item) => item.notification_id));
    const wasOpen = this.openId !== null && ids.has(this.openId);
    const stood = this.cursor !== null && ids.has(this.cursor) ? this.inbox.indexOf(this.cursor) : -1;
    const all = this.inbox.now.items;
    const isLeft = (item: Notification) => !ids.has(item.notification_id);
    const next =
      stood < 0 ? undefined : (all.slice(stood).find(isLeft) ?? all.slice(0, stood).findLast(isLeft));
    act();
    this.selected.clear();
    const isStill = items.every((item) => this.inbox.find(item.notification_id));
    if (isStill) return;
    if (next) this.stand(next.notification_id);
    if (wasOpen && (!next || isNarrow())) this.close();
    else if (next && wasOpen) this.#follow(next);
    else if (next) this.reveal(next.notification_id, paneWithKeyboard() !== "preview");
  }

  /** Selects an item or lets it go; with `isRange` all from the last one to it. */
  select(id: number, isRange = false): void {
    if (isRange) this.selected.extendTo(id, this.#ids());
    else this.selected.toggle(id);
  }

  selectAll(): void {
    this.selected.add(this.#ids());
  }

  #ids(): number[] {
    return this.inbox.now.items.map((item) => item.notification_id);
  }

  /** The person leaves: everything that waits is done, and nothing follows the stream any more. */
  leave(): void {
    void this.acts.leave();
    clearTimeout(this.#looked);
    this.inbox.stop();
    this.connection.close();
  }
}

function addressOf(view: View): string {
  return writeRoute({ page: "inbox", view, id: null });
}
