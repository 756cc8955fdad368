/** Kinds that belong together, in the order in which people look for them. */
const GROUPS = {
  assignments: [
    "record_assigned",
    "record_reassigned_away",
    "reassign_request",
    "ticket_assigned",
    "lead_converted",
  ],
  tickets: ["ticket_mention", "ticket_updated", "customer_reply", "sla_approaching", "sla_breached"],
  activities: ["activity_reminder", "personnel_date"],
  sales: ["sales_order_status", "credit_override", "billing_invoice", "billing_payment"],
  services: ["provision_complete", "provision_failed", "service_expiring"],
  system: ["system_alert", "user_locked_out", "duplicate_created", "portal_activity"],
  messages: ["manual", "custom"],
} as const;

export type GroupName = keyof typeof GROUPS | "other";

export interface Group {
  name: GroupName;
  types: string[];
}

/** Types in groups; what nobody sorted, such as an operator's own, comes last. Groups without types are left out. */
export function grouped(types: readonly string[]): Group[] {
  const left = new Set(types);
  const found: Group[] = Object.entries(GROUPS).map(([name, members]) => ({
    name: name as GroupName,
    types: members.filter((type) => left.delete(type)),
  }));
  return [...found, { name: "other" as const, types: [...left].sort() }].filter(
    (group) => group.types.length > 0,
  );
}
