// One notification in the dropdown.
import type { Action } from "../client/api";
import { isOffSite, safeLink } from "../client/link";
import { absoluteTime, relativeTime, snoozePresets } from "../client/time";
import type { Notification } from "../client/types";
import { make } from "./dom";
import type { Words } from "./en";
import { ARCHIVE, CHECK, CLOCK, icon, RING, typeIcon } from "./icons";

/** A row of the list. */
export interface Row {
  li: HTMLLIElement;
  /** What the keyboard moves over. */
  link: HTMLAnchorElement;
  /** The notification as it is now. */
  item: Notification;
  /** Brings up to date what can change: whether it is read, and how long ago it came. */
  show(item: Notification): void;
  /** Opens the choice of how long to put it away, or closes it. */
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

/** Gives a button an icon, whose meaning is its name and its title. */
export function name(button: HTMLButtonElement, title: string, path: string): HTMLButtonElement {
  button.title = button.ariaLabel = title;
  button.replaceChildren(icon(path));
  return button;
}

export function makeRow(first: Notification, { words, language, act, follow }: Deeds): Row {
  const { title, message, created_at } = first;
  const url = safeLink(first.link);
  const isAway = url && isOffSite(url);
  const [path, hue] = typeIcon(first.type);
  const badge = make("span", "icon", {}, icon(path));
  badge.style.setProperty("--hue", "" + hue);
  const unseen = make("span", "unseen");
  const time = make("time", "time", { title: absoluteTime(created_at, language) });
  const onclick = (click: MouseEvent) => follow(row.item, click);
  const link = make(
    "a",
    "item",
    { onclick, onauxclick: onclick, ...(url ? { href: url } : { role: "button" }) },
    badge,
    make(
      "span",
      "text",
      {},
      unseen,
      make("b", "title", { dir: "auto" }, title),
      make("span", "message", { dir: "auto" }, message),
      make("span", "meta", {}, time, isAway && " · " + new URL(url).host),
    ),
  );
  if (isAway) Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });

  const read = make("button", "tool", {
    onclick: () => act(row.item, row.item.is_read ? "mark-unread" : "mark-read"),
  });
  const later = make("button", "tool", { onclick: () => (menu.isConnected ? menu.remove() : row.snooze()) });
  const archive = make("button", "tool", { onclick: () => act(row.item, "archive") });
  name(later, words.snooze, CLOCK);
  name(archive, words.archive, ARCHIVE);
  const menu = make("div", "menu", { role: "group", ariaLabel: words.snooze });
  const li = make("li", "row", {}, link, make("div", "tools", {}, read, later, archive));

  const row: Row = {
    li,
    link,
    item: first,
    show(item) {
      row.item = item;
      const { is_read } = item;
      li.classList.toggle("unread", !is_read);
      unseen.textContent = is_read ? "" : words.unread + ": ";
      time.textContent = relativeTime(created_at, language);
      if (is_read) name(read, words["mark-unread"], RING);
      else name(read, words["mark-read"], CHECK);
    },
    snooze() {
      menu.replaceChildren();
      snoozePresets().forEach((until, index) => {
        if (!until) return;
        const when = until.toLocaleString(language, { weekday: "short", hour: "numeric", minute: "2-digit" });
        const onclick = () => act(row.item, "snooze", until);
        menu.append(
          make("button", "preset", { onclick }, words.presets[index], make("span", "when", {}, when)),
        );
      });
      li.append(menu);
      (menu.firstChild as HTMLElement).focus();
    },
  };
  return row;
}
