// <belfry-bell>: the bell, its badge and its dropdown, in any page that loads this one script.
//
//   <script src="https://belfry.example/belfry-bell.js" defer></script>
//   <belfry-bell></belfry-bell>
//
// Attributes: server, token, lang, theme, centre. Property: getToken. Events: belfry:open, belfry:count,
// belfry:click. Variables: --belfry-accent and its kin in bell.css. Parts: every class name there.
import { change, list, markAllRead, me, Refusal, type Access, type Action } from "../client/api";
import { isOffSite, safeLink } from "../client/link";
import { live, type Live } from "../client/live";
import type { Notification, StreamEvent } from "../client/types";
import css from "./bell.css?inline";
import { de } from "./de";
import { hold, make } from "./dom";
import { en } from "./en";
import { BELL, CHECKS, CLOSE, icon } from "./icons";
import { after, without } from "./inbox";
import { makeRow, shortTime, type Row } from "./row";

const PAGE = 20;
const TOAST_MS = 8_000;
const ANNOUNCE_MS = 30_000;

/** Where this script came from is where the server is. */
const script = document.currentScript as HTMLScriptElement | null;
const home = script ? new URL(script.src).origin : location.origin;

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

/** What a way back leads to: the step that undoes the last one, and where the item stood. */
interface Undo {
  item: Notification;
  action: Action;
  place: number;
}

const BACK: Partial<Record<Action, Action>> = {
  "mark-read": "mark-unread",
  "mark-unread": "mark-read",
  archive: "unarchive",
  snooze: "unsnooze",
};

/** Puts a bell into `root` and keeps it up to date until the function that it gives is called. */
function hang(host: BelfryBell, root: ShadowRoot): () => void {
  const language = host.lang || document.documentElement.lang || "en";
  const words = language.startsWith("de") ? de : en;
  const fill = (text: string, value: unknown) => text.replace("{}", String(value));
  const server = new URL(host.getAttribute("server") || home).origin;
  const access: Access = {
    server: server == location.origin ? "" : server,
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
  let isLoaded = false;
  let isLoading = 0;
  let hasFailed = false;
  /** Events that came while a list was under way: they may be newer than it is. */
  let missed: StreamEvent[] = [];
  let undo: Undo | null = null;
  let stream: Live | undefined;
  let user: number;
  let current = 0;
  let fresh = 0;
  let announced = -ANNOUNCE_MS;
  const timers: Record<string, ReturnType<typeof setTimeout>> = {};
  const wait = (name: string, ms: number, then: () => void) => {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(then, ms);
  };
  const end = new AbortController();
  const rows = new Map<number, Row>();

  const button = (name: string, text: string, onclick: () => void, ...more: Node[]) =>
    make("button", name, { type: "button", onclick }, ...more, text);
  const badge = make("span", "badge", { ariaHidden: "true" });
  const bell = make(
    "button",
    "bell",
    { type: "button", ariaHasPopup: "dialog", ariaExpanded: "false" },
    icon(BELL),
    badge,
  );
  const status = make("div", "unseen", { role: "status" });
  const tab = (text: string, unread: boolean) => button("tab", text, () => look(unread));
  const tabs = [tab(words.unread, true), tab(words.all, false)];
  const readAll = button("tool", "", () => readEverything(), icon(CHECKS));
  readAll.title = readAll.ariaLabel = words.readAll;
  const close = button("tool close", "", () => panel.hidePopover(), icon(CLOSE));
  close.title = close.ariaLabel = words.close;
  const strip = make("div", "strip", { role: "status" });
  const ul = make("ul", "list");
  const blank = make("div", "blank");
  const older = button("older", words.older, () => load(next));
  const toast = make("div", "toast", { role: "status" });
  const seeAll = make("a", "all", { textContent: words.seeAll });
  const heading = make("h2", "heading", { id: "h", textContent: words.title });
  const panel = make(
    "div",
    "panel",
    { id: "p", role: "dialog", tabIndex: -1, popover: "auto" },
    make("div", "head", {}, heading, readAll, close),
    make("div", "tabs", {}, ...tabs),
    strip,
    make("div", "scroll", {}, ul, blank, older),
    toast,
    make("div", "foot", {}, seeAll),
  );
  panel.setAttribute("aria-labelledby", "h");
  bell.setAttribute("aria-controls", "p");
  bell.popoverTargetElement = panel;
  root.replaceChildren(bell, status, panel);

  const isOpen = () => panel.matches(":popover-open");
  const focused = () => root.activeElement as HTMLElement | null;
  const emit = (name: string, detail?: unknown) =>
    host.dispatchEvent(
      new CustomEvent("belfry:" + name, { bubbles: true, composed: true, cancelable: true, detail }),
    );

  const setCount = (to: number) => {
    if (to == count) return;
    count = to;
    emit("count", { count });
  };

  function render() {
    const isSignedOut = state == "signed-out";
    const isBlank = !items.length && (isLoaded || hasFailed || isSignedOut);
    const said = count > 0 ? fill(words.count, count) : "";
    bell.ariaLabel = words.title + (said && ", " + said);
    badge.textContent = count > 99 ? "99+" : count > 0 ? String(count) : "";
    bell.classList.toggle("away", state == "reconnecting" || isSignedOut);
    tabs[0]!.ariaPressed = String(isOnlyUnread);
    tabs[1]!.ariaPressed = String(!isOnlyUnread);
    readAll.hidden = count < 1;
    strip.textContent = state == "reconnecting" ? words.away : "";
    older.hidden = !next;
    ul.ariaBusy = String(!!isLoading);
    ul.classList.toggle("loading", !isLoaded && !isBlank);
    // One row always takes the Tab key's visit.
    if (!items.some((item) => item.notification_id == current)) current = items[0]?.notification_id ?? 0;
    const shown = items.map((item) => {
      const id = item.notification_id;
      const row = rows.get(id) ?? makeRow(item, { words, language, act, follow });
      rows.set(id, row);
      row.show(item);
      row.link.tabIndex = id == current ? 0 : -1;
      return row.li;
    });
    hold(ul, shown);
    const what = isSignedOut
      ? words.signedOut
      : hasFailed
        ? words.unloaded
        : isOnlyUnread
          ? words.allRead
          : words.empty;
    if (!isBlank) blank.replaceChildren();
    else if (blank.textContent != what || !blank.firstChild)
      blank.replaceChildren(
        make("span", "icon", {}, icon(hasFailed || isSignedOut ? CLOSE : BELL)),
        make("p", "", { textContent: what }),
        ...(isSignedOut
          ? [
              make("a", "button", {
                href: server + "/sign-in",
                target: "_blank",
                rel: "noopener",
                textContent: words.signIn,
              }),
            ]
          : hasFailed
            ? [button("button", words.retry, begin)]
            : []),
      );
    const centre = safeLink(host.getAttribute("centre")) ?? server + "/";
    seeAll.href = centre;
    seeAll.target = isOffSite(centre) ? "_blank" : "";
    seeAll.rel = "noopener";
  }

  async function load(cursor: string | null = null) {
    const turn = ++isLoading;
    missed = [];
    render();
    try {
      const answer = await list(access, { unread: isOnlyUnread, limit: PAGE, cursor });
      // Another list was asked for meanwhile.
      if (turn != isLoading) return;
      const known = cursor ? items : [];
      const ids = new Set(known.map((item) => item.notification_id));
      items = [...known, ...answer.notifications.filter((item) => !ids.has(item.notification_id))];
      next = answer.next_cursor;
      isLoaded = true;
      hasFailed = false;
      setCount(answer.unread_count);
      missed.forEach(take);
    } catch (error) {
      if (turn != isLoading) return;
      refused(error);
    }
    isLoading = 0;
    render();
  }

  function refused(error: unknown) {
    hasFailed = !isLoaded;
    if ((error as Refusal).status == 401) {
      state = "signed-out";
      items = [];
      setCount(0);
    } else if (isLoaded) tell(words.failed);
  }

  function look(unread: boolean) {
    isOnlyUnread = unread;
    items = [];
    isLoaded = false;
    load();
  }

  function take(event: StreamEvent) {
    items = after(event, { items, isOnlyUnread, hasMore: !!next });
    if (event.unread_count != null) setCount(event.unread_count);
  }

  /** Says who we are to the server, then follows the inbox. */
  async function begin() {
    stream?.close();
    state = "";
    hasFailed = false;
    render();
    try {
      user = (await me(access)).user.id;
    } catch (error) {
      isLoaded = false;
      refused(error);
      render();
      // Until the server is back; spread, for many pages wait for it.
      if (hasFailed) wait("begin", 10_000 * (1 + Math.random()), begin);
      return;
    }
    if (end.signal.aborted) return;
    stream = live({
      access,
      user,
      onEvent(event) {
        if (event.event == "reset") return load();
        if (isLoading) missed.push(event);
        take(event);
        if (event.event == "notification.created") announce();
        render();
      },
      onState(to) {
        state = to;
        if (to == "signed-out") refused(new Refusal(401, ""));
        if (to == "reconnecting" && !isLoaded) load();
        render();
      },
    });
  }

  /** Tells a screen reader how many came, at most once in 30 s. */
  function announce() {
    fresh++;
    wait("announce", Math.max(1_000, announced + ANNOUNCE_MS - performance.now()), () => {
      announced = performance.now();
      status.textContent = fill(words.news[fresh == 1 ? 0 : 1]!, fresh);
      fresh = 0;
    });
  }

  function tell(text: string, way: Undo | null = null) {
    undo = way;
    toast.replaceChildren(text, ...(way ? [button("button", words.undo, goBack)] : []));
    fade();
  }
  const fade = () =>
    wait("toast", TOAST_MS, () => {
      undo = null;
      toast.replaceChildren();
    });
  const stay = () => clearTimeout(timers["toast"]);
  toast.onmouseenter = stay;
  toast.onmouseleave = fade;
  toast.addEventListener("focusin", stay);
  toast.addEventListener("focusout", fade);

  function goBack() {
    if (undo) step(undo.item, undo.action, undefined, undo.place);
    tell("");
  }

  /** One change, seen at once and then made; if the server refuses, it is as it was. */
  async function step(item: Notification, action: Action, until?: Date, place = 0): Promise<boolean> {
    const before = items;
    const others = without(items, item.notification_id);
    const seat = focused()?.closest("li") ? items.indexOf(item) : -1;
    if (action == "archive" || action == "snooze") items = others;
    else if (action.startsWith("un")) items = others.toSpliced(place, 0, item);
    else items = items.map((old) => (old == item ? { ...item, is_read: action == "mark-read" } : old));
    render();
    if (seat >= 0 && others == items) focus(Math.min(seat, items.length - 1));
    try {
      const answer = await change(access, item.notification_id, action, until?.toISOString());
      // The stream's count is never older than an answer that was overtaken by it.
      if (state != "open") setCount(answer.unread_count);
      render();
      return true;
    } catch (error) {
      items = before;
      refused(error);
      render();
      return false;
    }
  }

  /** A change that somebody asked for by its name, with a way back. */
  async function act(item: Notification, action: Action, until?: Date) {
    const place = items.indexOf(item);
    tell(fill(words.done[action]!, until && shortTime(until, language)), {
      item,
      action: BACK[action]!,
      place,
    });
    if (action == "mark-read" || action == "mark-unread") undo!.item = { ...item, is_read: !item.is_read };
    await step(item, action, until);
  }

  function follow(item: Notification, click: MouseEvent) {
    if (click.button > 1) return;
    if (!item.is_read) step(item, "mark-read");
    if (click.button || click.ctrlKey || click.metaKey || click.shiftKey) return;
    const goes = emit("click", { notification: item });
    if (!goes) click.preventDefault();
    if (!goes || item.link) panel.hidePopover();
  }

  async function readEverything() {
    const [newest] = items;
    try {
      const answer = await markAllRead(access, newest?.notification_id);
      if (state != "open") setCount(answer.unread_count);
      items = items.map((item) => ({ ...item, is_read: true }));
    } catch (error) {
      refused(error);
    }
    render();
  }

  function focus(index: number) {
    const item = items[index];
    const target = item ? rows.get(item.notification_id)!.link : panel;
    target.focus();
  }

  ul.addEventListener("focusin", () => {
    const index = [...ul.children].indexOf(focused()!.closest("li")!);
    current = items[index]?.notification_id ?? current;
    render();
  });

  panel.onkeydown = (event) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    const li = focused()?.closest("li");
    const menu = li?.querySelector(".menu");
    const index = li ? [...ul.children].indexOf(li) : -1;
    const item = items[index];
    const row = item && rows.get(item.notification_id)!;
    const ring = menu
      ? ([...menu.children] as HTMLElement[])
      : items.map((one) => rows.get(one.notification_id)!.link);
    const at = menu ? ring.indexOf(focused()!) : index;
    const to = (nth: number) => ring[Math.max(0, Math.min(nth, ring.length - 1))]?.focus();
    const keys: Record<string, false | undefined | (() => void)> = {
      ArrowDown: () => to(at + 1),
      j: () => to(at + 1),
      ArrowUp: () => to(at - 1),
      k: () => to(at - 1),
      Home: () => to(0),
      End: () => to(1 / 0),
      Enter: focused() == row?.link && !row?.link.href ? () => row?.link.click() : undefined,
      Escape: menu
        ? () => {
            menu.remove();
            row!.link.focus();
          }
        : undefined,
      e: item && (() => act(item, "archive")),
      I: item && !item.is_read && (() => act(item, "mark-read")),
      U: item && item.is_read && (() => act(item, "mark-unread")),
      h: row?.snooze,
      z: undo ? goBack : undefined,
    };
    const deed = keys[key];
    if (!deed) return;
    event.preventDefault();
    deed();
  };

  /** Opens to whichever side has room. */
  const place = () => {
    const { left, right, top, bottom } = bell.getBoundingClientRect();
    const { style } = panel;
    const wide = panel.offsetWidth;
    const isBelow = innerHeight - bottom >= Math.min(600, top);
    style.left =
      Math.max(8, Math.min(left + right > innerWidth ? right - wide : left, innerWidth - wide - 8)) + "px";
    style.top = isBelow ? bottom + 8 + "px" : "auto";
    style.bottom = isBelow ? "auto" : innerHeight - top + 8 + "px";
    style.maxHeight = (isBelow ? innerHeight - bottom : top) - 16 + "px";
  };
  const follows = () => isOpen() && place();
  addEventListener("resize", follows, { signal: end.signal });
  addEventListener("scroll", follows, { signal: end.signal, capture: true });

  panel.addEventListener("beforetoggle", (event) => {
    const isOpening = event.newState == "open";
    bell.ariaExpanded = String(isOpening);
    if (!isOpening) {
      if (panel.contains(focused())) bell.focus();
      clearInterval(timers["minute"]);
      return;
    }
    timers["minute"] = setInterval(render, 60_000);
    emit("open");
    // The first look is at what is unread; where there is none, at everything.
    if (state != "signed-out" && isOnlyUnread != count > 0) look(count > 0);
    else if (isLoaded && isOnlyUnread) load();
    render();
  });
  panel.addEventListener("toggle", () => {
    if (!isOpen()) return;
    place();
    focus(0);
  });

  const back = () => {
    if (!document.hidden && state == "signed-out") begin();
  };
  document.addEventListener("visibilitychange", back, { signal: end.signal });
  // A page that is put aside must not lead the others; when it comes back it starts anew.
  addEventListener("pagehide", () => stream?.close(), { signal: end.signal });
  addEventListener("pageshow", (event) => event.persisted && begin(), { signal: end.signal });

  begin();
  return () => {
    end.abort();
    stream?.close();
    Object.values(timers).forEach(clearTimeout);
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
