// <belfry-bell>: the bell, its badge and its dropdown, in any page that loads this one script.
//
//   <script src="https://belfry.example/belfry-bell.js" defer></script>
//   <belfry-bell></belfry-bell>
//
// Attributes: server, token, lang, theme, centre. Property: getToken. Events: belfry:open, belfry:count,
// belfry:click. For its looks see bell.css.
import { change, list, markAllRead, me, Refusal, type Access, type Action } from "../client/api";
import { isOffSite, safeLink } from "../client/link";
import { live, type Live } from "../client/live";
import type { Notification, StreamEvent } from "../client/types";
import css from "./bell.css?inline";
import { de } from "./de";
import { hold, make } from "./dom";
import { en } from "./en";
import { BELL, CHECK, CLOSE, icon } from "./icons";
import { after } from "./inbox";
import { makeRow, name, type Row } from "./row";

/** A screen reader is told of new ones at most this often. */
const ANNOUNCE_MS = 30_000;

/** Where this script came from is where the server is. */
const home = (document.currentScript as HTMLScriptElement | null)?.src || location.href;

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

/** What each change makes of a notification, and what takes it back. */
const STEPS: Partial<Record<Action, [made: Partial<Notification>, back: Action]>> = {
  "mark-read": [{ is_read: true }, "mark-unread"],
  "mark-unread": [{ is_read: false }, "mark-read"],
  archive: [{ archived_at: "now" }, "unarchive"],
  snooze: [{ snoozed_until: "then" }, "unsnooze"],
};

/** Puts a bell into `root` and keeps it up to date until the function that it gives is called. */
function hang(host: BelfryBell, root: ShadowRoot): () => void {
  const language = host.lang || document.documentElement.lang || "en";
  const words = /^de/.test(language) ? de : en;
  const server = new URL(host.getAttribute("server") || home, location.href).origin;
  const access: Access = {
    server,
    token: host.getAttribute("token"),
    get getToken() {
      return host.getToken;
    },
  };

  let items: Notification[] = [];
  let next: string | null = null;
  let count = -1;
  let isOnlyUnread = true;
  let state = "";
  /** The list that is under way, by its number; 0: none. */
  let loading = 0;
  let loads = 0;
  let hasFailed = false;
  /** Events that came while a list was under way: they may be newer than it is. */
  let missed: StreamEvent[] = [];
  let goBack: (() => void) | null = null;
  let stream: Live | undefined;
  let current = 0;
  let fresh = 0;
  let announced = -ANNOUNCE_MS;
  let announcing: ReturnType<typeof setTimeout> | undefined;
  let beginning: ReturnType<typeof setTimeout> | undefined;
  const end = new AbortController();
  const { signal } = end;
  const rows = new Map<number, Row>();

  const button = (kind: string, text: string, onclick: () => void) => make("button", kind, { onclick }, text);
  const badge = make("span", "badge", { ariaHidden: "true" });
  const bell = make("button", "bell", { ariaHasPopup: "dialog" }, icon(BELL), badge);
  const status = make("div", "unseen", { role: "status" });
  const tabs = [button("tab", words.unread, () => look(true)), button("tab", words.all, () => look(false))];
  const readAll = name(make("button", "tool", { onclick: readEverything }), words.readAll, CHECK);
  const close = make("button", "tool close", { onclick: () => panel.hidePopover() });
  const strip = make("div", "strip", { role: "status" });
  const ul = make("ul", "list", { role: "list" });
  const blank = make("div", "blank");
  const older = button("older", words.older, () => load(next));
  const toast = make("div", "toast", { role: "status", onanimationend: () => tell() });
  const centre = safeLink(host.getAttribute("centre")) ?? server + "/";
  const seeAll = make("a", "all", { href: centre, target: isOffSite(centre) ? "_blank" : "" }, words.seeAll);
  const panel = make(
    "div",
    "panel",
    { id: "p", role: "dialog", tabIndex: -1, popover: "auto", ariaLabel: words.title, onkeydown },
    make("div", "head", {}, make("h2", "heading", {}, words.title), readAll, name(close, words.close, CLOSE)),
    make("div", "tabs", {}, ...tabs),
    strip,
    make("div", "scroll", {}, ul, blank, older),
    toast,
    make("div", "foot", {}, seeAll),
  );
  bell.setAttribute("aria-controls", "p");
  bell.popoverTargetElement = panel;
  root.replaceChildren(bell, status, panel);

  const focused = () => root.activeElement;
  const seat = () => [...ul.children].indexOf(focused()?.closest("li") as Element);
  const rowOf = (item?: Notification) => rows.get(item?.notification_id as number);
  const focus = (index: number) => (rowOf(items[Math.min(index, items.length - 1)])?.link ?? panel).focus();
  const emit = (kind: string, detail?: unknown) =>
    host.dispatchEvent(
      new CustomEvent("belfry:" + kind, { bubbles: true, composed: true, cancelable: true, detail }),
    );

  function render() {
    const isOut = state == "signed-out";
    bell.ariaLabel = words.title + (count > 0 ? `, ${count} ${words.unread.toLowerCase()}` : "");
    badge.textContent = count > 99 ? "99+" : count > 0 ? "" + count : "";
    tabs[0]!.ariaPressed = "" + isOnlyUnread;
    tabs[1]!.ariaPressed = "" + !isOnlyUnread;
    readAll.hidden = count < 1;
    strip.textContent = state == "reconnecting" ? words.away : "";
    older.hidden = !next;
    ul.ariaBusy = "" + !!loading;
    if (!items.some((item) => item.notification_id == current)) current = items[0]?.notification_id ?? 0;
    const sat = seat();
    hold(
      ul,
      items.map((item) => {
        const id = item.notification_id;
        const row = rows.get(id) ?? makeRow(item, { words, language, act, follow });
        rows.set(id, row);
        row.show(item);
        // One row at a time is on the Tab key's way; arrows lead to the others.
        row.link.tabIndex = id == current ? 0 : -1;
        return row.li;
      }),
    );
    // Whoever was on a row that went is on the one that took its place.
    if (sat >= 0 && seat() < 0) focus(sat);
    blank.replaceChildren();
    if (items[0] || (loading && !hasFailed && !isOut)) return;
    blank.append(
      make("span", "icon", {}, icon(hasFailed || isOut ? CLOSE : CHECK)),
      isOut ? words.signedOut : hasFailed ? words.failed : words.empty,
      isOut
        ? make("a", "button", { href: server + "/sign-in", target: "_blank" }, words.signIn)
        : hasFailed
          ? button("button", words.retry, begin)
          : "",
    );
  }

  function setCount(to: number | undefined) {
    if (to == null || to == count) return;
    count = to;
    emit("count", { count });
  }

  async function load(cursor: string | null = null) {
    const turn = (loading = ++loads);
    missed = [];
    render();
    try {
      const answer = await list(access, { unread: isOnlyUnread, limit: 20, cursor });
      // Another list was asked for meanwhile.
      if (turn != loading) return;
      const known = cursor ? items : [];
      items = [
        ...known,
        ...answer.notifications.filter(
          (item) => !known.some((one) => one.notification_id == item.notification_id),
        ),
      ];
      next = answer.next_cursor;
      hasFailed = false;
      setCount(answer.unread_count);
      missed.forEach(take);
    } catch (error) {
      if (turn != loading) return;
      refused(error);
    }
    loading = 0;
    render();
  }

  function look(unread: boolean) {
    if (unread != isOnlyUnread) {
      items = [];
      next = null;
    }
    isOnlyUnread = unread;
    load();
  }

  function take(event: StreamEvent) {
    items = after(event, items, !!next);
    setCount(event.unread_count);
    render();
  }

  function refused(error: unknown) {
    if ((error as Refusal).status == 401) {
      state = "signed-out";
      items = [];
      setCount(0);
    } else if (items[0]) tell(words.failed);
    else hasFailed = true;
    render();
  }

  /** Asks the server who we are, then follows the inbox. */
  async function begin() {
    stream?.close();
    clearTimeout(beginning);
    state = "";
    try {
      const { user } = await me(access);
      if (signal.aborted) return;
      stream = live({ access, user: user.id, onEvent, onState });
    } catch (error) {
      refused(error);
      // Until the server is back; spread, for many pages wait for it.
      if (hasFailed) beginning = setTimeout(begin, 10_000 * (1 + Math.random()));
    }
  }

  function onEvent(event: StreamEvent) {
    if (event.event == "reset") return void load();
    if (loading) missed.push(event);
    take(event);
    if (event.event == "notification.created") announce();
  }

  function onState(to: string) {
    state = to;
    if (to == "signed-out") refused(new Refusal(401, ""));
    else if (to == "reconnecting" && count < 0) load();
    render();
  }

  function announce() {
    fresh++;
    clearTimeout(announcing);
    announcing = setTimeout(
      () => {
        announced = performance.now();
        status.textContent = `${fresh} ${words.news[fresh > 1 ? 1 : 0]}`;
        fresh = 0;
      },
      Math.max(1_000, announced + ANNOUNCE_MS - performance.now()),
    );
  }

  /** Shows what was done for 8 s, with the way back if there is one. */
  function tell(text?: string, back?: () => void) {
    goBack = back ?? null;
    toast.replaceChildren(text ?? "", ...(back ? [button("button", words.undo, back)] : []));
  }

  /** One change, seen at once and then made; if the server refuses, it is as it was. */
  async function step(item: Notification, action: Action, made: Partial<Notification>, until?: Date) {
    const show = (notification: Notification) =>
      take({ event: "notification.changed", notification } as StreamEvent);
    show({ ...item, ...made });
    try {
      const answer = await change(access, item.notification_id, action, until?.toISOString());
      // While the stream is open its counts are newer than an answer that it has overtaken.
      if (state != "open") setCount(answer.unread_count);
      render();
    } catch (error) {
      show(item);
      refused(error);
    }
  }

  /** A change that somebody asked for by its name, with a way back. */
  function act(item: Notification, action: Action, until?: Date) {
    const [made, back] = STEPS[action]!;
    step(item, action, made, until);
    tell(words.done[action], () => {
      tell();
      step({ ...item, ...made }, back, item);
    });
  }

  function follow(item: Notification, click: MouseEvent) {
    if (click.button > 1) return;
    if (!item.is_read) step(item, "mark-read", { is_read: true });
    if (click.button || click.ctrlKey || click.metaKey || click.shiftKey) return;
    const goes = emit("click", { notification: item });
    if (!goes) click.preventDefault();
    if (!goes || item.link) panel.hidePopover();
  }

  async function readEverything() {
    try {
      const answer = await markAllRead(access, items[0]?.notification_id);
      setCount(answer.unread_count);
      load();
    } catch (error) {
      refused(error);
    }
  }

  function onkeydown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = seat();
    const item = items[at];
    const row = rowOf(item);
    const menu = row?.li.querySelector<HTMLElement>(".menu");
    const move = (by: number) => {
      const ring = menu ? [...menu.children] : items.map((one) => rowOf(one)!.link);
      const to = (menu ? ring.indexOf(focused()!) : at) + by;
      (ring[Math.max(0, Math.min(to, ring.length - 1))] as HTMLElement | undefined)?.focus();
    };
    const keys: Record<string, false | null | undefined | (() => void)> = {
      ArrowDown: () => move(1),
      j: () => move(1),
      ArrowUp: () => move(-1),
      k: () => move(-1),
      Home: () => move(-1 / 0),
      End: () => move(1 / 0),
      Enter: focused() == row?.link && !row?.link.href && (() => row?.link.click()),
      Escape:
        menu &&
        (() => {
          row!.link.focus();
          menu.remove();
        }),
      e: item && (() => act(item, "archive")),
      I: item && (() => act(item, "mark-read")),
      U: item && (() => act(item, "mark-unread")),
      h: row?.snooze,
      z: goBack,
    };
    const deed = keys[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  }

  ul.addEventListener("focusin", () => {
    current = items[seat()]?.notification_id ?? current;
    render();
  });
  panel.addEventListener("beforetoggle", ({ newState }) => {
    const isOpening = newState == "open";
    bell.ariaExpanded = "" + isOpening;
    if (isOpening) {
      emit("open");
      // The first look is at what is unread; where there is nothing, at everything.
      if (stream) look(count > 0);
    } else if (panel.contains(focused())) bell.focus();
  });
  panel.addEventListener("toggle", ({ newState }) => newState == "open" && focus(0));
  document.addEventListener("visibilitychange", () => document.hidden || state != "signed-out" || begin(), {
    signal,
  });
  // A page that is put aside must not lead the others; when it comes back it starts anew.
  addEventListener("pagehide", () => stream?.close(), { signal });
  addEventListener("pageshow", ({ persisted }) => persisted && begin(), { signal });
  const minute = setInterval(render, 60_000);

  begin();
  render();
  return () => {
    end.abort();
    stream?.close();
    [announcing, beginning, minute].forEach(clearTimeout);
  };
}

/** The element. */
export class BelfryBell extends HTMLElement {
  static observedAttributes = ["server", "token", "lang"];

  /** Fetches a fresh access token; asked after a 401. */
  declare getToken?: () => string | Promise<string>;

  #root = this.attachShadow({ mode: "open" });
  #end?: (() => void) | undefined;

  connectedCallback(): void {
    this.#root.adoptedStyleSheets = [sheet];
    this.#end = hang(this, this.#root);
  }

  disconnectedCallback(): void {
    this.#end?.();
    this.#end = undefined;
  }

  attributeChangedCallback(): void {
    if (!this.#end) return;
    this.disconnectedCallback();
    this.connectedCallback();
  }
}

if (!customElements.get("belfry-bell")) customElements.define("belfry-bell", BelfryBell);
