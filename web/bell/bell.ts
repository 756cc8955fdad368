// <belfry-bell>: the bell, its badge and its dropdown, in any page that loads this one script.
//
//   <script src="https://belfry.example/belfry-bell.js" defer></script>
//   <belfry-bell></belfry-bell>
//
// Attributes: server, token, lang, theme, centre. Property: getToken. Events: belfry:open, belfry:count,
// belfry:click. For its looks see bell.css.
import {
  ALL,
  AWAY,
  DOES,
  EMPTY,
  FAILED,
  NEW_MANY,
  NEW_ONE,
  OLDER,
  READ_ALL,
  SEE_ALL,
  SIGN_IN,
  TITLE,
  UNDO,
  UNREAD,
} from "./words";
import css from "./bell.css?inline";
import { BELL, CHECK, icon } from "./icons";
import { safeLink } from "../client/link";
import { live, type Live } from "../client/live";
import { en } from "./en";
import { fill, make } from "./dom";
import type { ChangedAnswer, ListAnswer, MeAnswer, Notification, StreamEvent } from "../client/types";
import { after } from "./inbox";
import { de } from "./de";
import { ACTIONS, KEEP_UNREAD, makeRow, PUT_AWAY, READ, tool, type Row } from "./row";
import { call, change, markAllRead, type Access, type Refusal, type Action } from "../client/api";

/** Where this script came from is where the server is. */
const home = (document.currentScript as HTMLScriptElement | null)?.src || location.href;

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

/** What a page may say to its bell. */
export interface Host extends HTMLElement {
  /** Fetches a fresh access token; asked where there is none, and after a 401. */
  getToken?: () => string | Promise<string>;
}

/** Hangs a bell into `host` and keeps it up to date until the function that it gives is called. */
function hang(host: Host): () => void {
  const language = host.lang || document.documentElement.lang || "en";
  const words = (/^de/.test(language) ? de : en).split("\n");
  const server = new URL(host.getAttribute("server") || home).origin;
  const access: Access = Object.assign(host, { server });

  let items: Notification[] = [];
  let next: string | null = null;
  let count = -1;
  let emitted = count;
  let isOnlyUnread = true;
  let state = "";
  /** What stands where no item does: nothing while a list is under way, else one of the words. */
  let blankWord = -1;
  /** Events that came while a list was under way, if one is: they may be newer than it. */
  let missed: StreamEvent[] | undefined;
  let goBack: (() => void) | undefined;
  let stream: Live | undefined;
  /** The row on the Tab key's way; arrows lead to the others. */
  let current: Element | null = null;
  let fresh = 0;
  let announcing: ReturnType<typeof setTimeout> | undefined;
  let beginning: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  const button = (kind: string, word: number, onclick: () => void) =>
    make("button", kind, { onclick }, words[word]);
  const badge = make("span", "badge", { ariaHidden: "true" });
  const bell = make("button", "bell", { ariaHasPopup: "dialog" }, icon(BELL), badge);
  const status = make("output", "unseen");
  const unread = button("tab", UNREAD, () => look(true));
  const all = button("tab", ALL, () => look(false));
  const readAll = tool("", words[READ_ALL]!, CHECK, () =>
    perform(
      items.map((item) => ({ ...item, is_read: true })),
      markAllRead(access, items[0]?.notification_id),
    ),
  );
  const heading = make("h2", "");
  const ul = make("ul", "list");
  const blank = make("div", "blank");
  const older = button("older", OLDER, () => load(next));
  const toast = make("output", "toast", { onanimationend: () => tell() });
  const href = safeLink(host.getAttribute("centre")) ?? server;
  const panel = make(
    "div",
    "panel",
    { role: "dialog", popover: "auto", ariaLabel: words[TITLE]! },
    make("div", "head", {}, heading, unread, all, readAll),
    make("div", "scroll", {}, ul, blank, older),
    toast,
    make("a", "all", { href }, words[SEE_ALL]),
  );
  bell.popoverTargetElement = panel;
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  root.replaceChildren(bell, status, panel);

  const focused = () => root.activeElement as HTMLElement | null;
  const rowAt = () => focused()?.closest("li") as Row | null | undefined;
  const move = (row?: Node | null) => ((row?.firstChild ?? unread) as HTMLElement).focus();
  const emit = (kind: string, detail?: unknown) =>
    host.dispatchEvent(new CustomEvent("belfry:" + kind, { bubbles: true, cancelable: true, detail }));

  function render() {
    if (count != emitted) emit("count", { count: (emitted = count) });
    const number = count > 99 ? "99+" : count > 0 ? "" + count : "";
    bell.ariaLabel = words[TITLE] + (number && `, ${number} ${words[UNREAD]!.toLowerCase()}`);
    badge.textContent = number;
    unread.ariaPressed = "" + isOnlyUnread;
    all.ariaPressed = "" + !isOnlyUnread;
    // What is hidden loses the keyboard at once.
    const was = focused();
    const here = rowAt();
    readAll.hidden = !number;
    heading.textContent = words[state == "reconnecting" ? AWAY : TITLE]!;
    older.hidden = !next;

    const neighbour = here?.nextSibling ?? here?.previousSibling;
    const rows = [...ul.children] as Row[];
    const shown = items.map((item) => {
      const row =
        rows.find((row) => row.item.notification_id == item.notification_id) ??
        makeRow(item, words, language, choose, follow);
      row.show(item);
      return row;
    });
    // What stays is not taken out in between, so that it keeps focus and place.
    for (const row of rows) if (!shown.includes(row)) row.remove();
    shown.forEach((row, index) => {
      if (ul.children[index] != row) ul.insertBefore(row, ul.children[index]!);
    });
    current = [current, neighbour, ul.firstChild].find((row) => row?.isConnected) as Element;
    for (const row of ul.children) (row.firstChild as HTMLElement).tabIndex = row == current ? 0 : -1;
    // Whoever was on a row that went is on the one beside it; on a button that went, on a row too.
    if (was != focused()) move(current);

    const word = items[0] ? -1 : blankWord;
    fill(
      blank,
      word > 0 && make("span", "icon", {}, icon(BELL)),
      word == SIGN_IN
        ? make("a", "button", { href: server + "/sign-in", target: "_blank" }, words[word])
        : word == FAILED
          ? button("button", word, begin)
          : words[word],
    );
  }

  async function load(cursor?: string | null) {
    const mine: StreamEvent[] = (missed = []);
    try {
      const query = (isOnlyUnread ? "unread=true&" : "") + (cursor ? "cursor=" + cursor : "");
      const answer = await call<ListAnswer>(access, "GET", "notification?" + query);
      // Another list was asked for meanwhile.
      if (mine != missed) return;
      items = [...(cursor ? items : []), ...answer.notifications];
      next = answer.next_cursor;
      count = answer.unread_count;
      blankWord = EMPTY;
      mine.forEach(take);
    } catch (error) {
      if (mine != missed) return;
      refused(error);
    }
    missed = undefined;
    render();
  }

  function look(unread: boolean) {
    if (unread != isOnlyUnread) {
      items = [];
      blankWord = -1;
    }
    isOnlyUnread = unread;
    render();
    load();
  }

  function take(event: StreamEvent) {
    const { notification } = event;
    if (notification)
      items = after(notification as Notification, event.event == "notification.created", items, !!next);
    count = event.unread_count ?? count;
    render();
  }

  function refused(error: unknown) {
    const isOut = (error as Refusal).status == 401;
    if (isOut) items = [];
    if (items[0]) return tell(FAILED);
    if (isOut) count = 0;
    blankWord = isOut ? SIGN_IN : FAILED;
    // Until the server is back, or somebody has signed in elsewhere; spread, for many pages wait for it.
    clearTimeout(beginning);
    if (!isOver) beginning = setTimeout(begin, 20_000 * (1 + Math.random()));
    render();
  }

  /** Asks the server who we are, then follows the inbox. */
  async function begin() {
    stream = stream?.close() as Live | undefined;
    access.token = host.getAttribute("token");
    state = "";
    try {
      const { user } = await call<MeAnswer>(access, "GET", "auth/me");
      // Somebody who opened the bell meanwhile began too.
      stream?.close();
      if (!isOver) stream = live({ access, user: user.id, onEvent, onState });
    } catch (error) {
      refused(error);
    }
  }

  function onEvent(event: StreamEvent) {
    take(event);
    missed?.push(event);
    if (!event.notification) load();
    if (event.event == "notification.created") {
      fresh++;
      announcing ??= setTimeout(announce, 1_000);
    }
  }

  function onState(to: string) {
    state = to;
    if (to == "signed-out") refused({ status: 401 });
    if (to == "reconnecting" && blankWord < 0) load();
    render();
  }

  /** Tells a screen reader how many came; for 30 s after that it is left in peace. */
  function announce() {
    if (fresh) status.textContent = `${fresh} ${words[fresh > 1 ? NEW_MANY : NEW_ONE]}`;
    announcing = fresh ? setTimeout(announce, 30_000) : undefined;
    fresh = 0;
  }

  /** Says in a few words what was done, with the way back if there is one; 8 s later the style ends it. */
  function tell(word?: number, back?: () => void) {
    goBack = back;
    fill(toast, words[word!], back && button("button", UNDO, back));
  }

  /** One change, seen at once and then made; if the server refuses, it is as it was. */
  async function perform(foreseen: Notification[], request: Promise<ChangedAnswer>) {
    const before = items;
    items = foreseen;
    render();
    try {
      const answer = await request;
      // While the stream is open its counts are newer than an answer that it has overtaken.
      if (state != "open") count = answer.unread_count;
      render();
    } catch (error) {
      items = before;
      refused(error);
      render();
    }
  }

  function act(item: Notification, index: number, until?: Date) {
    const [action, , made, back] = ACTIONS[index]!;
    const step = (item: Notification, action: Action, until?: Date) =>
      perform(
        after(item, false, items, !!next),
        change(access, item.notification_id, action, until?.toISOString()),
      );
    step({ ...item, ...made }, action, until);
    return () => step(item, back);
  }

  function choose(item: Notification, index: number, until?: Date) {
    const back = act(item, index, until);
    tell(DOES + index, () => {
      tell();
      back();
    });
  }

  function follow(item: Notification, click: MouseEvent) {
    if (click.button > 1) return;
    if (!item.is_read) act(item, READ);
    if (click.button || click.ctrlKey || click.metaKey || click.shiftKey) return;
    const goes = emit("click", { notification: item });
    if (!goes) click.preventDefault();
    if (!goes || item.link) panel.hidePopover();
  }

  panel.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rowAt();
    const down = () => move(row ? (row.nextSibling ?? row) : ul.firstChild);
    const up = () => move(row?.previousSibling ?? row);
    const does = (index: number) => row && (() => choose(row.item, index));
    const deed = {
      ArrowDown: down,
      j: down,
      ArrowUp: up,
      k: up,
      e: does(PUT_AWAY),
      I: does(READ),
      U: does(KEEP_UNREAD),
      h: row && (() => row.querySelector<HTMLElement>(".snooze")!.click()),
      z: goBack,
      Escape: row?.childNodes[2] && (() => (row.lastElementChild!.remove(), move(row))),
    }[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  };
  ul.addEventListener("focusin", () => {
    current = rowAt()!;
    render();
  });
  panel.onbeforetoggle = ({ newState }) => {
    const isOpening = newState == "open";
    bell.ariaExpanded = "" + isOpening;
    if (!isOpening) return focused() && bell.focus();
    emit("open");
    // The first look is at what is unread; where there is nothing, at everything.
    if (stream) look(count > 0);
    else begin();
  };
  panel.ontoggle = ({ newState }) => newState == "open" && move(ul.firstChild);

  begin();
  return () => {
    isOver = true;
    stream?.close();
    clearTimeout(announcing);
    clearTimeout(beginning);
  };
}

customElements.define(
  "belfry-bell",
  class extends HTMLElement {
    #end?: () => void;

    connectedCallback() {
      this.#end = hang(this);
    }

    disconnectedCallback() {
      this.#end!();
    }
  },
);
