import { call, Refusal } from "../../../../client/api";
import type { User, UsersAnswer, UserStatus } from "../../../../client/types";
import { type Fault, faultOf } from "../../parts/fault";
import type { UsersView } from "../../route";
import { ACCESS, asked, know, session } from "../../session/session.svelte";
import { t } from "../../text/text.svelte";
import { a } from "../words";

/** The roles that there are, as the server writes them. */
export const ROLES = ["admin", "support", "finance", "customer"] as const;

/** How many users a page holds. */
const PAGE = 50;

/** The longest search that the server takes, in characters. */
export const LONGEST_SEARCH = 100;

/** A user as the form has one. */
export interface Draft {
  name: string;
  email: string;
  roles: readonly string[];
  reports_to: number | null;
  time_zone: string;
  language: string;
  on_support: boolean;
  /** A new one; empty: none */
  password: string;
}

/** What of a user is refused by itself. */
export const PLACES = [
  "reports_to",
  "email",
  "name",
  "password",
  "roles",
  "time_zone",
  "language",
  "on_support",
] as const;
export type Place = (typeof PLACES)[number];

/** Somebody new: they most likely live, and speak, as whoever adds them. */
export function freshDraft(time_zone: string, language: string): Draft {
  const nothing = { name: "", email: "", roles: [], reports_to: null, on_support: false, password: "" };
  return { ...nothing, time_zone, language };
}

export function draftOf({ name, email, roles, reports_to, time_zone, language, on_support }: User): Draft {
  return { name, email, roles, reports_to, time_zone, language, on_support, password: "" };
}

/** What differs from what is stored: nothing else is sent, lest one undoes what another administrator did meanwhile. */
export function changesOf(stored: Draft, draft: Draft): Partial<Draft> {
  const plain = (value: Draft[keyof Draft]) =>
    JSON.stringify(Array.isArray(value) ? value.toSorted() : value);
  const changed = Object.entries(draft).filter(
    ([name, value]) => plain(value) !== plain(stored[name as keyof Draft]),
  );
  return Object.fromEntries(changed);
}

/** What a new user is made of; what is left empty the server decides. Nobody is on support from the start. */
export function creationOf({ password, reports_to, on_support: _, ...rest }: Draft): object {
  return { ...rest, ...(password && { password }), ...(reports_to !== null && { reports_to }) };
}

/** The roles with one more or one less, in the order in which they are shown. */
export function withRole(roles: readonly string[], role: string, isTicked: boolean): string[] {
  const others = roles.filter((other) => other !== role);
  const all = isTicked ? [...others, role] : others;
  const order: readonly string[] = ROLES;
  return all.toSorted((one, other) => order.indexOf(one) - order.indexOf(other));
}

/**
 * A refusal where it belongs. Those of which we know what they mean are said in the reader's language; of all others
 * the server's own sentence is shown.
 */
export function faultOfUser(error: unknown): Fault<Place> {
  const fault = faultOf(error, PLACES);
  if (!(error instanceof Refusal) || error.status !== 409) return fault;
  if (fault.field === "email") return { field: "email", reason: t().profile.emailTaken };
  if (/reports to/.test(fault.reason)) return { field: "reports_to", reason: a().users.onSelf };
  return /last active admin/.test(fault.reason) ? { field: null, reason: a().users.lastAdmin } : fault;
}

/** @throws {Refusal} as all that follow, where the server refuses */
export async function usersOf({ words, status }: UsersView, cursor: string | null): Promise<UsersAnswer> {
  const wanted = { q: [...words].slice(0, LONGEST_SEARCH).join(""), status, cursor, limit: String(PAGE) };
  const given = Object.entries(wanted).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return asked(call<UsersAnswer>(ACCESS, "GET", `user?${new URLSearchParams(given)}`));
}

export async function userOf(id: number): Promise<User> {
  return (await asked(call<{ user: User }>(ACCESS, "GET", `user/${id}`))).user;
}

export async function makeUser(draft: Draft): Promise<User> {
  return (await asked(call<{ user: User }>(ACCESS, "POST", "user", creationOf(draft)))).user;
}

export async function changeUser(id: number, change: Partial<Draft> | { status: UserStatus }): Promise<User> {
  const { user } = await asked(call<{ user: User }>(ACCESS, "PUT", `user/${id}`, change));
  // Whoever changes themselves is addressed so from now on, and sees the pages that they may see.
  if (session.person?.id === id) know({ ...session.person, ...user });
  return user;
}

export async function removeUser(id: number): Promise<void> {
  await asked(call(ACCESS, "DELETE", `user/${id}`));
}
