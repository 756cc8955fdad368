// Records of the CRM, as its programs tell of them.
import type { Person, Server } from "./server";

/** An activity of a test. */
export interface Activity {
  id: string;
  label: string;
}

let made = 0;

/** An id that no other test uses. */
export function recordId(): string {
  return `e2e-${Date.now()}-${++made}`;
}

/** Tells the server of a record, as the CRM does. */
export async function tell(server: Server, module: string, id: string, body: object): Promise<void> {
  const answer = await server.ask("PUT", `/crm/record/${module}/${id}`, body);
  if (!answer.ok) throw new Error(`PUT ${module}/${id}: ${answer.status} ${await answer.text()}`);
}

/** A record as the server has it now. */
export async function recordOf(
  server: Server,
  module: string,
  id: string,
): Promise<{ fields: Record<string, unknown>; assigned_to: number | null }> {
  const answer = await server.ask("GET", `/crm/record/${module}/${id}`);
  return ((await answer.json()) as { record: { fields: Record<string, unknown>; assigned_to: number } })
    .record;
}

/** A call that begins in five minutes: within the usual lead time, so that its reminder comes at once. */
export async function callSoon(
  server: Server,
  who: Person,
  label: string,
  fields: Record<string, unknown> = {},
): Promise<Activity> {
  const id = recordId();
  const starts_at = new Date(Date.now() + 5 * 60_000).toISOString().replace(/\.\d+Z$/, "Z");
  await tell(server, "activities", id, {
    label,
    assigned_to: who.id,
    fields: { activity_type: "call", status: "In Progress", starts_at, ...fields },
    // Of the assignment itself nobody is told: it is the reminder that tests are about.
    send_notification: false,
  });
  return { id, label };
}

/** Changes a group of settings, as a program does. */
export async function setting(server: Server, group: string, change: object): Promise<void> {
  const answer = await server.ask("PUT", `/crm/settings/${group}`, change);
  if (!answer.ok) throw new Error(`PUT settings/${group}: ${answer.status} ${await answer.text()}`);
}

/** Lists somebody's notifications, newest first. */
export async function inboxOf(server: Server, who: Person): Promise<{ type: string; title: string }[]> {
  const answer = await server.askAs(who, "GET", "/crm/notification?limit=50");
  return ((await answer.json()) as { notifications: { type: string; title: string }[] }).notifications;
}
