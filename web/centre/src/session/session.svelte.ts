import { type Access, call, Refusal } from "../../../client/api";
import type { Choices } from "../../../client/types";
import { speak } from "../text/text.svelte";

/** Who is signed in, as `GET /crm/user/me` shows them. */
export interface Person extends Choices {
  id: number;
  email: string;
  name: string;
  roles: string[];
  time_zone: string;
  language: string;
}

/** Whether somebody may see the pages for administrators. */
export function isAdmin({ roles }: Person): boolean {
  return roles.includes("admin");
}

/** Whether somebody may see all users, with all that is known of them. */
export function isStaff({ roles }: Person): boolean {
  return roles.includes("admin") || roles.includes("support");
}

/** Whether somebody is a customer and nothing else: the records of the CRM are not for them. */
export function isCustomer({ roles }: Person): boolean {
  return roles.length === 1 && roles[0] === "customer";
}

/** The page's own server, by cookie. */
export const ACCESS: Access = { server: "" };

type State = "unknown" | "in" | "out" | "unreachable";

let state = $state<State>("unknown");
let person = $state.raw<Person | null>(null);
let hasEnded = $state(false);

/** The session of this browser, as far as this page knows. */
export const session = {
  get state() {
    return state;
  },
  /** Who is signed in, or was until the session ended. */
  get person() {
    return person;
  },
  /** Whether it ended while one was at work. */
  get hasEnded() {
    return hasEnded;
  },
};

/** Asks the server who is signed in. */
export async function begin(): Promise<void> {
  try {
    const { user } = await call<{ user: Person }>(ACCESS, "GET", "user/me");
    know(user);
    state = "in";
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) end();
    else if (state !== "in") state = "unreachable";
  }
}

/** @throws {Refusal} where the server refuses */
export async function signIn(email: string, password: string): Promise<void> {
  await call(ACCESS, "POST", "auth/session", { email, password });
  hasEnded = false;
  await begin();
}

/** @throws {Refusal} where the server could not be told: the session goes on */
export async function signOut(): Promise<void> {
  await asked(call(ACCESS, "POST", "auth/logout"));
  hasEnded = false;
  state = "out";
}

/** The session is over: it expired, was revoked, or ended in another tab. */
export function end(): void {
  hasEnded ||= state === "in";
  state = "out";
}

/** Takes over what the server says about the person. */
export function know(told: Person): void {
  person = told;
  speak(told.language);
}

/** Passes an answer on; one that says "sign in again" ends the session on the way. */
export async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) end();
    throw error;
  }
}
