import type { IconName } from "../parts/icons";

/** How grave a notification looks. */
export type Tone = "plain" | "good" | "warn" | "bad";

interface Kind {
  icon: IconName;
  tone: Tone;
}

const KINDS: Record<string, Kind> = {
  provision_complete: { icon: "server", tone: "good" },
  provision_failed: { icon: "server", tone: "bad" },
  ticket_mention: { icon: "at", tone: "plain" },
  ticket_assigned: { icon: "ticket", tone: "plain" },
  ticket_updated: { icon: "ticket", tone: "plain" },
  customer_reply: { icon: "reply", tone: "plain" },
  system_alert: { icon: "alert", tone: "warn" },
  billing_invoice: { icon: "receipt", tone: "plain" },
  billing_payment: { icon: "card", tone: "good" },
  service_expiring: { icon: "timer", tone: "warn" },
  custom: { icon: "bell", tone: "plain" },
  activity_reminder: { icon: "alarm", tone: "plain" },
  record_assigned: { icon: "assign", tone: "plain" },
  record_reassigned_away: { icon: "assign", tone: "plain" },
  lead_converted: { icon: "convert", tone: "good" },
  sales_order_status: { icon: "receipt", tone: "plain" },
  credit_override: { icon: "card", tone: "warn" },
  user_locked_out: { icon: "lock", tone: "warn" },
  personnel_date: { icon: "calendar", tone: "plain" },
  duplicate_created: { icon: "copies", tone: "warn" },
  portal_activity: { icon: "globe", tone: "plain" },
  sla_approaching: { icon: "timer", tone: "warn" },
  sla_breached: { icon: "timer", tone: "bad" },
  manual: { icon: "horn", tone: "plain" },
  reassign_request: { icon: "assign", tone: "plain" },
};

/** The look of a type; an operator's own looks like a plain message. */
export function kindOf(type: string): Kind {
  return (Object.hasOwn(KINDS, type) ? KINDS[type] : undefined) ?? { icon: "bell", tone: "plain" };
}

/** The built-in types, in the server's order. */
export const KNOWN_TYPES: readonly string[] = Object.keys(KINDS);
