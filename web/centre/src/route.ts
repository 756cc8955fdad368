import type { UserStatus } from "../../client/types";
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

/** Which entries of the activity log an administrator looks at. */
export interface AuditView {
  module: string | null;
  /** One record of the module, by the CRM's own id */
  record: string | null;
  /** A group of settings instead of records */
  group: string | null;
  /** Who did it */
  user: number | null;
  /** The first day, in the reader's zone */
  from: LocalDate | null;
  /** The last day, with all its hours */
  until: LocalDate | null;
}

/** What users may be: those who may sign in, and those who are locked by somebody or by themselves. */
export const STATUSES = ["Active", "Locked", "Locked - Failed Attempts"] as const satisfies UserStatus[];

/** Which users an administrator looks at. */
export interface UsersView {
  /** Words in name or e-mail */
  words: string;
  status: UserStatus | null;
}

/** Which records of a module one looks at. */
export interface RecordsView {
  /** Words in the label */
  words: string;
  /** Whose they are; null: anybody's */
  owner: "me" | "none" | number | null;
  status: string | null;
}

/** Where one is: a page, and what it shows. The address bar says the same. */
export type Route =
  | { page: "inbox"; view: View; id: number | null }
  | { page: "profile" }
  | { page: "deliveries"; view: LogView; id: string | null }
  | { page: "settings"; group: string | null; field: string | null; words: string }
  | { page: "audit"; view: AuditView }
  /** The templates, one of them by its number, or a new one of a kind */
  | { page: "templates"; id: number | "email" | "pdf" | null }
  /** The users, one of them by number, or a new one */
  | { page: "users"; view: UsersView; id: number | "new" | null }
  | { page: "duplicates"; module: string | null; isDismissed: boolean }
  | { page: "support" }
  | { page: "records" }
  | { page: "record-list"; module: string; view: RecordsView }
  | { page: "record-new"; module: string }
  | { page: "record"; module: string; id: string }
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

/** The whole activity log. */
export const ALL_CHANGES: AuditView = {
  module: null,
  record: null,
  group: null,
  user: null,
  from: null,
  until: null,
};

/** Every user. */
export const ALL_USERS: UsersView = { words: "", status: null };

/** All records of a module. */
export const ALL_RECORDS: RecordsView = { words: "", owner: null, status: null };

/** Stands for this site where only a path matters. */
const HERE = "http://here";

/** How long a search the server takes, in characters. */
const LONGEST_SEARCH = 200;

/** Reads a path with its query. What makes no sense in it is left out, since people edit addresses. */
export function readRoute(address: string): Route {
  const { pathname, searchParams } = new URL(address, HERE);
  const path = pathname.replace(/(.)\/+$/, "$1");
  if (/^\/records(\/|$)/.test(path)) return readRecords(path, searchParams);
  switch (path) {
    case "/":
    case "/inbox":
      return { page: "inbox", view: readView(searchParams), id: readId(searchParams.get("id")) };
    case "/profile":
      return { page: "profile" };
    case "/administration":
    case "/administration/deliveries":
      return { page: "deliveries", view: readLogView(searchParams), id: readName(searchParams.get("id")) };
    case "/administration/audit":
      return { page: "audit", view: readAuditView(searchParams) };
    case "/duplicates": {
      const isDismissed = searchParams.get("dismissed") === "true";
      return { page: "duplicates", module: readName(searchParams.get("module")), isDismissed };
    }
    case "/support":
      return { page: "support" };
    case "/about":
      return { page: "about" };
    case "/sign-in":
      return { page: "sign-in", to: ownPath(searchParams.get("to")) };
    default:
      return (
        readSettings(pathname, searchParams) ??
        readTemplates(path) ??
        readUsers(path, searchParams) ?? { page: "missing" }
      );
  }
}

/** The users: all of them, one, or a new one. */
function readUsers(path: string, query: URLSearchParams): Route | null {
  const found = /^\/administration\/users(?:\/(new|\d+))?$/.exec(path);
  if (!found) return null;
  const status = STATUSES.find((known) => known === query.get("status")) ?? null;
  const view = { words: readWords(query.get("q")), status };
  return { page: "users", view, id: found[1] === "new" ? "new" : readId(found[1] ?? null) };
}

/** The templates: all of them, one, or a new one. */
function readTemplates(path: string): Route | null {
  const found = /^\/administration\/templates(?:\/(new-email|new-pdf|\d+))?$/.exec(path);
  if (!found) return null;
  const [, which] = found;
  if (which === "new-email" || which === "new-pdf") {
    return { page: "templates", id: which === "new-pdf" ? "pdf" : "email" };
  }
  return { page: "templates", id: readId(which ?? null) };
}

/** The settings: all groups, or one. */
function readSettings(pathname: string, query: URLSearchParams): Route | null {
  const found = /^\/administration\/settings(?:\/([\w-]{1,64}))?\/*$/.exec(pathname);
  const [field, words] = [readName(query.get("field")), readWords(query.get("q"))];
  return found && { page: "settings", group: found[1] ?? null, field, words };
}

function readAuditView(query: URLSearchParams): AuditView {
  return {
    module: readName(query.get("module")),
    record: readWords(query.get("record")) || null,
    group: readName(query.get("group")),
    user: readId(query.get("user")),
    from: readDate(query.get("from")),
    until: readDate(query.get("until")),
  };
}

function readWords(text: string | null): string {
  return [...(text ?? "").replaceAll("\0", "")].slice(0, LONGEST_SEARCH).join("").trim();
}

function readRecords(path: string, query: URLSearchParams): Route {
  const [module, id, ...more] = path.split("/").slice(2).map(readPart);
  if (module === undefined) return { page: "records" };
  if (!module || id === null || more.length > 0) return { page: "missing" };
  if (id !== undefined) return { page: "record", module, id };
  return query.has("new")
    ? { page: "record-new", module }
    : { page: "record-list", module, view: readRecordsView(query) };
}

/** One part of a path; null where it is none that anybody wrote. */
function readPart(part: string): string | null {
  try {
    return decodeURIComponent(part) || null;
  } catch {
    return null;
  }
}

function readRecordsView(query: URLSearchParams): RecordsView {
  const owner = query.get("assigned_to");
  return {
    words: readWords(query.get("q")),
    owner: owner === "me" || owner === "none" ? owner : readId(owner),
    status: query.get("status") || null,
  };
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
  const words = readWords(query.get("q"));
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
    case "settings":
      return withQuery(`/administration/settings${route.group === null ? "" : `/${route.group}`}`, {
        field: route.field,
        q: route.words || null,
      });
    case "audit": {
      const { user, ...rest } = route.view;
      return withQuery("/administration/audit", { ...rest, user: user === null ? null : String(user) });
    }
    case "templates": {
      const which = typeof route.id === "string" ? `new-${route.id}` : route.id;
      return `/administration/templates${which === null ? "" : `/${which}`}`;
    }
    case "users": {
      const { words, status } = route.view;
      const which = route.id === null ? "" : `/${route.id}`;
      return withQuery(`/administration/users${which}`, { q: words || null, status });
    }
    case "duplicates":
      return withQuery("/duplicates", {
        module: route.module,
        dismissed: route.isDismissed ? "true" : null,
      });
    case "record-list": {
      const { words, owner, status } = route.view;
      const query = { q: words || null, assigned_to: owner === null ? null : String(owner), status };
      return withQuery(`/records/${encodeURIComponent(route.module)}`, query);
    }
    case "record-new":
      return `/records/${encodeURIComponent(route.module)}?new=1`;
    case "record":
      return `/records/${[route.module, route.id].map(encodeURIComponent).join("/")}`;
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

/** The pages for administrators. */
const ADMINISTRATION: readonly Route["page"][] = ["deliveries", "settings", "audit", "templates", "users"];

/** Whether a page is for administrators. */
export function isAdministration({ page }: Route): boolean {
  return ADMINISTRATION.includes(page);
}

/** The pages with records of the CRM, and with what belongs to them. */
const RECORDS: readonly Route["page"][] = [
  "records",
  "record-list",
  "record-new",
  "record",
  "duplicates",
  "support",
];

/** Whether a page shows records of the CRM. */
export function isRecords({ page }: Route): boolean {
  return RECORDS.includes(page);
}
