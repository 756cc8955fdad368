// One notification in the dropdown.
import type { Action } from "../client/api";
import { isOffSite, safeLink } from "../client/link";
import { absoluteTime, relativeTime, snoozePresets } from "../client/time";
import type { Notification } from "../client/types";
import { make } from "./dom";
import { ARCHIVE, CHECK, CLOCK, icon, MAIL, typeIcon } from "./icons";
import type { Words } from "./en";

export interface Row {
  li: HTMLLIElement;
  /** What the keyboard moves over. */
  link: HTMLAnchorElement;
  /** Brings up to date what can change: whether it is read, and how long ago it came. */
  show(item: Notification): void;
  /** Opens the choice of how long to put it away. */
  snooze(): void;
}

/** What a row asks of the bell. */
export interface Deeds {
  words: Words;
  language: string;
  act(item: Notification, action: Action, until?: Date): void;
  /** Somebody clicked it, with whichever button. */
  follow(item: Notification, click: MouseEvent): void;
}

export function makeRow(item: Notification, { words, language, act, follow }: Deeds): Row {
  const url = safeLink(item.link);
  const isAway = url && isOffSite(url);
  const [path, tone] = typeIcon(item.type);
  const time = make("time", "time", {
    dateTime: item.created_at,
    title: absoluteTime(item.created_at, language),
  });
  const unread = make("span", "unseen");
  const click = (event: MouseEvent) => follow(item, event);
  const link = make(
    "a",
    "item",
    { onclick: click, onauxclick: click, tabIndex: -1 },
    make("span", "icon " + tone, {}, icon(path)),
    make(
      "span",
      "text",
      {},
      unread,
      make("span", "title", { dir: "auto", textContent: item.title }),
      item.message && make("span", "message", { dir: "auto", textContent: item.message }),
      make("span", "meta", {}, time, isAway && make("span", "host", { textContent: new URL(url).host })),
    ),
  );
  if (url) link.href = url;
  else link.role = "button";
  if (isAway) Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });

  const tool = (onclick: () => void) => make("button", "tool", { onclick, type: "button" });
  const name = (button: HTMLElement, title: string, path: string) => {
    button.title = button.ariaLabel = title;
    button.replaceChildren(icon(path));
  };
  const read = tool(() => act(item, item.is_read ? "mark-unread" : "mark-read"));
  const snooze = () => {
    const [first] = (menu ??= makeMenu()).children;
    li.append(menu);
    (first as HTMLElement).focus();
  };
  let menu: HTMLElement | undefined;
  const makeMenu = () =>
    make(
      "div",
      "menu",
      { role: "group", ariaLabel: words.snooze },
      ...snoozePresets().map(
        (until, index) =>
          until &&
          make(
            "button",
            "preset",
            { type: "button", onclick: () => act(item, "snooze", until) },
            words.presets[index]!,
            make("span", "when", { textContent: shortTime(until, language) }),
          ),
      ),
    );
  const later = tool(() => (menu?.isConnected ? menu.remove() : snooze()));
  const archive = tool(() => act(item, "archive"));
  name(later, words.snooze, CLOCK);
  name(archive, words.archive, ARCHIVE);
  const li = make("li", "row", {}, link, make("div", "tools", {}, read, later, archive));

  const show = (latest: Notification) => {
    item = latest;
    li.classList.toggle("unread", !item.is_read);
    unread.textContent = item.is_read ? "" : words.unread + ": ";
    time.textContent = relativeTime(item.created_at, language);
    const action = item.is_read ? "mark-unread" : "mark-read";
    if (read.title != words[action]) name(read, words[action], item.is_read ? MAIL : CHECK);
  };
  show(item);
  return { li, link, show, snooze };
}

/** "Mon, 09:00" */
export function shortTime(instant: Date, language: string): string {
  return instant.toLocaleString(language, { weekday: "short", hour: "numeric", minute: "2-digit" });
}
