// What the demo's server says of what it sent.

export type Channel = "email" | "teams" | "ringcentral" | "slack" | "google_chat" | "webhook";

/** One thing that was sent, as its receiver saw it. */
export interface Item {
  id: number;
  /** RFC 3339. */
  at: string;
  channel: Channel;
  to: string;
  subject: string;
  headers: [name: string, value: string][];
  html?: string;
  text?: string;
  /** Their names. */
  attachments: string[];
  /** What was posted: any JSON. */
  body?: unknown;
  signature_ok?: boolean;
}

interface Answer {
  items: Item[];
  /** How many the server keeps. */
  count: number;
  addresses: { channel: Channel; url: string }[];
}

export const CHANNELS: Record<Channel, string> = {
  email: "E-mail",
  teams: "Microsoft Teams",
  ringcentral: "RingCentral",
  webhook: "Webhook",
  slack: "Slack",
  google_chat: "Google Chat",
};

const ITEMS = "/demo/outbox/items";

export async function itemsAfter(id: number): Promise<Answer> {
  const response = await fetch(`${ITEMS}?after=${id}`);
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()) as Answer;
}

export async function forgetAll(): Promise<void> {
  await fetch(ITEMS, { method: "DELETE" });
}

export async function sourceOf(item: Item): Promise<string> {
  const response = await fetch(`/demo/outbox/mail/${item.id}/source`);
  return await response.text();
}

export const KEY = "demo-key-of-at-least-thirty-two-characters";

/** What is sent to try it. */
export const EXAMPLE =
  '{"user_id": 123, "type": "provision_complete", "title": "Service Activated", "link": "/services/167", "channels": ["email", "webhook"]}';

/** Sends the example. Gives the reason why not. */
export async function sendExample(): Promise<string | null> {
  const response = await fetch("/crm/notification/send", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-API-KEY": KEY },
    body: EXAMPLE,
  });
  if (response.ok) return null;
  const said = (await response.json()) as { reason?: string; message?: string };
  return said.reason ?? said.message ?? `The server answered ${response.status}`;
}
