// Asks the server, by cookie or by access token. Functions stand alone so that a build takes only what it uses.
import type { ChangedAnswer, DeliveriesAnswer, ListAnswer, MeAnswer } from "./types";

/** How to reach the server, and as whom. */
export interface Access {
  /** Origin of the server, without a slash at its end; "" is the page's own. */
  server: string;
  /** An access token; without one the page's own session cookie speaks. */
  token?: string | null | undefined;
  /** Fetches a fresh access token: asked where there is none, and once after each 401. */
  getToken?: (() => string | Promise<string>) | null | undefined;
}

/** A request that the server refused (`status` is the answer's) or that did not reach it (`status` 0). */
export class Refusal extends Error {
  status: number;
  /** @param reason one sentence that says what to do */
  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/**
 * Sends a request as the access says; after a 401, once more with a fresh token where one can be had. A body is
 * JSON. Cookies go to the page's own origin only.
 */
export async function send(access: Access, path: string, init: RequestInit = {}): Promise<Response> {
  const once = async (isFresh?: unknown) => {
    if (isFresh && access.getToken) access.token = await access.getToken();
    return fetch(access.server + path, {
      ...init,
      headers: {
        ...(init.body && { "Content-Type": "application/json" }),
        ...(access.token && { Authorization: "Bearer " + access.token }),
      },
    });
  };
  const response = await once(!access.token);
  return response.status == 401 && access.getToken ? once(true) : response;
}

/**
 * Calls the API under /crm and gives the answer's JSON. A change outlives the page that asked for it.
 *
 * @throws {Refusal} whatever went wrong
 */
export async function call<Answer>(
  access: Access,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  init?: RequestInit,
): Promise<Answer> {
  let status = 0;
  let reason;
  try {
    const response = await send(access, "/crm/" + path, {
      method,
      keepalive: method != "GET",
      ...(body != null && { body: JSON.stringify(body) }),
      ...init,
    });
    status = response.status;
    const answer = await response.json();
    if (response.ok) return answer;
    reason = answer.reason ?? answer.message;
  } catch (error) {
    reason = error;
  }
  throw new Refusal(status, "" + reason);
}

/** Which notifications to list; what is left out does not narrow. `from` and `until` are RFC 3339 instants. */
export interface Filter {
  unread?: boolean | undefined;
  type?: string | undefined;
  archived?: boolean | undefined;
  snoozed?: boolean | undefined;
  q?: string | undefined;
  from?: string | undefined;
  until?: string | undefined;
  limit?: number | undefined;
  cursor?: string | null | undefined;
}

/** A page of notifications, newest first. */
export function list(access: Access, filter: Filter = {}, init?: RequestInit): Promise<ListAnswer> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter))
    if (value || value === 0) query.set(name, String(value));
  return call(access, "GET", "notification?" + query, undefined, init);
}

/** What can be done to one notification by a POST. */
export type Action = "mark-read" | "mark-unread" | "archive" | "unarchive" | "snooze" | "unsnooze";

/** Changes one notification; `until` (RFC 3339) belongs to snooze. */
export function change(access: Access, id: number, action: Action, until?: string): Promise<ChangedAnswer> {
  return call(access, "POST", `notification/${id}/${action}`, until && { until });
}

/** Deletes one notification for good. The request outlives the page it came from. */
export function remove(access: Access, id: number): Promise<ChangedAnswer> {
  return call(access, "DELETE", "notification/" + id, undefined, { keepalive: true });
}

/** Marks that notification and everything older in the inbox as read; without one, everything. */
export function markAllRead(access: Access, upTo?: number): Promise<ChangedAnswer> {
  return call(access, "POST", "notification/mark-all-read", upTo && { up_to: upTo });
}

/** Who is signed in. */
export function me(access: Access): Promise<MeAnswer> {
  return call(access, "GET", "auth/me");
}

/** Which deliveries to list; what is left out does not narrow. `from` and `until` are RFC 3339 instants. */
export interface DeliveryFilter {
  user_id?: number | null | undefined;
  notification_id?: number | null | undefined;
  record?: string | null | undefined;
  channel?: string | null | undefined;
  state?: string | null | undefined;
  from?: string | null | undefined;
  until?: string | null | undefined;
  limit?: number | undefined;
  cursor?: string | null | undefined;
}

/** A page of deliveries, newest first: everybody's for administrators, one's own for all others. */
export function deliveries(access: Access, filter: DeliveryFilter): Promise<DeliveriesAnswer> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value != null) query.set(name, String(value));
  return call(access, "GET", "delivery?" + query);
}
