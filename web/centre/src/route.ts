import { isDate, type LocalDate } from "./time/zone";

/** The tabs of the inbox. */
export const TABS = ["all", "unread", "snoozed", "archived"] as const;
export type Tab = (typeof TABS)[number];

/** Which notifications one looks at. */
export interface View {
  tab: Tab;
  type: string | null;
  /** The first day, in the reader's zone */
  from: LocalDate | null;
  /** The last day, with all its hours */
  until: LocalDate | null;
  /** Words in title or message */
  words: string;
}

/** Which deliveries an administrator looks at. */
export interface LogView {
  user: number | null;
  notification: number | null;
  channel: string | null;
  state: string | null;
  /** The first day, in the reader's zone */
  from: LocalDate | null;
  /** The last day, with all its hours */
  until: LocalDate | null;
}

/** Where one is: a page, and what it shows. The address bar says the same. */
export type Route =
  | { page: "inbox"; view: View; id: number | null }
  | { page: "profile" }
  | { page: "deliveries"; view: LogView; id: string | null }
  | { page: "delivery-settings" }
  | { page: "about" }
  | { page: "sign-in"; to: string }
  | { page: "missing" };

/** The inbox as it is found when nothing is asked. */
export const PLAIN: View = { tab: "all", type: null, from: null, until: null, words: "" };

/** The whole delivery log. */
export const ALL_DELIVERIES: LogView = {
  user: null,
  notification: null,
  channel: null,
  state: null,
  from: null,
  until: null,
};

/** Stands for this site where only a path matters. */
const HERE = "http://here";

/** How long a search the server takes, in characters. */
const LONGEST_SEARCH = 200;

/** Reads a path with its query. What makes no sense in it is left out, since people edit addresses. */
export function readRoute(address: string): Route {
  const { pathname, searchParams } = new URL(address, HERE);
  switch (pathname.replace(/(.)\/+$/, "$1")) {
    case "/":
    case "/inbox":
      return { page: "inbox", view: readView(searchParams), id: readId(searchParams.get("id")) };
    case "/profile":
      return { page: "profile" };
    case "/administration":
    case "/administration/deliveries":
      return { page: "deliveries", view: readLogView(searchParams), id: readName(searchParams.get("id")) };
    case "/administration/settings/delivery":
      return { page: "delivery-settings" };
    case "/about":
      return { page: "about" };
    case "/sign-in":
      return { page: "sign-in", to: ownPath(searchParams.get("to")) };
    default:
      return { page: "missing" };
  }
}

function readDate(text: string | null): LocalDate | null {
  return text && isDate(text) ? text : null;
}

/** A word of the kind that channels, states and the numbers of deliveries are. */
function readName(text: string | null): string | null {
  return text && /^[\w-]{1,64}$/.test(text) ? text : null;
}

function readLogView(query: URLSearchParams): LogView {
  return {
    user: readId(query.get("user")),
    notification: readId(query.get("notification")),
    channel: readName(query.get("channel")),
    state: readName(query.get("state")),
    from: readDate(query.get("from")),
    until: readDate(query.get("until")),
  };
}

function readView(query: URLSearchParams): View {
  const date = (name: string) => readDate(query.get(name));
  const tab = TABS.find((known) => known === query.get("tab")) ?? "all";
  const words = [...(query.get("q") ?? "").replaceAll("\0", "")].slice(0, LONGEST_SEARCH).join("").trim();
  return { tab, type: query.get("type") || null, from: date("from"), until: date("until"), words };
}

function readId(text: string | null): number | null {
  const id = /^[1-9]\d{0,15}$/.test(text ?? "") ? Number(text) : NaN;
  return Number.isSafeInteger(id) ? id : null;
}

/**
 * The path of one of our own pages, whatever was asked for: where one goes after sign-in stands in the address,
 * so that anybody can write it.
 */
function ownPath(to: string | null): string {
  const url = to && URL.canParse(to, HERE) ? new URL(to, HERE) : null;
  const isSignIn = url?.pathname.replace(/\/+$/, "") === "/sign-in";
  const isOwn = url?.origin === HERE && !isSignIn && readRoute(url.pathname).page !== "missing";
  return isOwn ? url.pathname + url.search : "/inbox";
}

/** The address of a route; what is as usual is left out. */
export function writeRoute(route: Route): string {
  switch (route.page) {
    case "inbox":
      return withQuery("/inbox", {
        tab: route.view.tab === "all" ? null : route.view.tab,
        type: route.view.type,
        from: route.view.from,
        until: route.view.until,
        q: route.view.words || null,
        id: route.id === null ? null : String(route.id),
      });
    case "deliveries": {
      const { user, notification, channel, state, from, until } = route.view;
      const number = (value: number | null) => (value === null ? null : String(value));
      return withQuery("/administration/deliveries", {
        user: number(user),
        notification: number(notification),
        channel,
        state,
        from,
        until,
        id: route.id,
      });
    }
    case "delivery-settings":
      return "/administration/settings/delivery";
    case "sign-in":
      return withQuery("/sign-in", { to: route.to === "/inbox" ? null : route.to });
    case "missing":
      return "/";
    default:
      return `/${route.page}`;
  }
}

function withQuery(path: string, values: Record<string, string | null>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value) query.set(name, value);
  return query.size ? `${path}?${query}` : path;
}

/** Whether a view is narrowed by more than its tab. */
export function isFiltered({ type, from, until, words }: View): boolean {
  return Boolean(type || from || until || words);
}

/** Whether a page is for administrators. */
export function isAdministration({ page }: Route): boolean {
  return page === "deliveries" || page === "delivery-settings";
}
