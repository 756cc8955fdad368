// One notification in the dropdown.
import type { Action } from "../client/api";
import { isOffSite, safeLink } from "../client/link";
import { relativeTime, snoozePresets } from "../client/time";
import type { Notification } from "../client/types";
import { fill, make } from "./dom";
import { ARCHIVE, CHECK, CLOCK, icon, RING, typeIcon } from "./icons";
import { DOES, UNREAD } from "./words";

/** What can be done, its icon, what it makes of a notification, and what takes it back. */
export const ACTIONS: [action: Action, path: string, made: Partial<Notification>, back: Action][] = [
  ["mark-read", CHECK, { is_read: true }, "mark-unread"],
  ["mark-unread", RING, { is_read: false }, "mark-read"],
  ["snooze", CLOCK, { snoozed_until: "-" }, "unsnooze"],
  ["archive", ARCHIVE, { archived_at: "-" }, "unarchive"],
];
export const READ = 0;
export const KEEP_UNREAD = 1;
export const SNOOZE = 2;
export const PUT_AWAY = 3;

/** A row of the list; its first child is what the keyboard moves over. */
export interface Row extends HTMLLIElement {
  /** The notification as it is now. */
  item: Notification;
  /** Brings up to date what can change: whether it is read, and how long ago it came. */
  show(item: Notification): void;
}

/** A button that is an icon; its meaning is its name and its title. */
export function tool(kind: string, title: string, path: string, onclick?: () => void): HTMLButtonElement {
  return make("button", "tool " + kind, { onclick: onclick!, title, ariaLabel: title }, icon(path));
}

/**
 * @param act one of ACTIONS was chosen; for a snooze, until when
 * @param follow the link was clicked, with whichever button
 */
export function makeRow(
  item: Notification,
  words: string[],
  language: string,
  act: (item: Notification, action: number, until?: Date) => void,
  follow: (item: Notification, click: MouseEvent) => void,
): Row {
  const url = safeLink(item.link);
  const isAway = url && isOffSite(url);
  const [path, hue] = typeIcon(item.type);
  const badge = make("span", "icon", {}, icon(path));
  badge.style.setProperty("--hue", "" + hue);
  const unseen = make("span", "unseen");
  const time = make("time", "", { title: new Date(item.created_at).toLocaleString(language) });
  const onclick = (click: MouseEvent) => follow(row.item, click);
  const away = isAway && { target: "_blank", rel: "noopener noreferrer" };
  const link = make(
    (url ? "a" : "button") as "a",
    "item",
    { onclick, onauxclick: onclick, ...(url && { href: url }), ...away },
    badge,
    make(
      "span",
      "text",
      {},
      unseen,
      make("b", "", { dir: "auto" }, item.title),
      make("span", "message", { dir: "auto" }, item.message),
      make("small", "", {}, time, isAway && " · " + new URL(url).host),
    ),
  );
  const menu = make("div", "menu");
  const snooze = () => {
    if (menu.isConnected) return menu.remove();
    const presets = snoozePresets().map((until) => {
      const when = until?.toLocaleString(language, { weekday: "short", hour: "numeric", minute: "2-digit" });
      // A second more, so that an hour is no 59 minutes by now.
      const label = until && relativeTime(+until + 1_000, language) + " · " + when;
      return until && make("button", "preset", { onclick: () => act(row.item, SNOOZE, until) }, label);
    });
    fill(menu, ...presets);
    row.append(menu);
    (menu.firstChild as HTMLElement).focus();
  };
  const tools = ACTIONS.map(([name, path], index) =>
    tool(name, words[DOES + index]!, path, index == SNOOZE ? snooze : () => act(row.item, index)),
  );
  const row = make("li", "", {}, link, make("div", "tools", {}, ...tools)) as Row;
  row.show = (item) => {
    row.item = item;
    row.className = item.is_read ? "" : "unread";
    unseen.textContent = item.is_read ? "" : words[UNREAD] + ": ";
    time.textContent = relativeTime(item.created_at, language);
  };
  return row;
}
