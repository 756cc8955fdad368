import { expect, test } from "vitest";
import { BELL, icon, typeIcon } from "./icons";

/** As src/notification/types.rs has them. */
const OF_THEIR_OWN = [
  ...["provision_complete", "provision_failed", "ticket_mention", "ticket_assigned", "ticket_updated"],
  ...["customer_reply", "system_alert", "billing_invoice", "billing_payment", "service_expiring"],
  ...[
    "activity_reminder",
    "record_assigned",
    "record_reassigned_away",
    "lead_converted",
    "sales_order_status",
  ],
  ...["credit_override", "user_locked_out", "personnel_date", "duplicate_created", "portal_activity"],
  ...["sla_approaching", "sla_breached", "reassign_request"],
];

test.each(OF_THEIR_OWN)("%s has an icon", (type) => expect(typeIcon(type)[0]).not.toBe(BELL));

test.each(["custom", "manual", "rack_on_fire", ""])("%j has the bell", (type) =>
  expect(typeIcon(type)[0]).toBe(BELL),
);

test("what went wrong is red, what is urgent amber, what went well green", () => {
  const hue = (type: string) => typeIcon(type)[1];
  expect(hue("provision_failed")).toBeLessThan(40);
  expect(hue("sla_breached")).toBe(hue("user_locked_out"));
  expect(hue("system_alert")).toBeLessThan(95);
  expect(hue("provision_complete")).toBeGreaterThan(140);
});

test("tickets are alike, but a mention is said by somebody", () => {
  expect(typeIcon("ticket_assigned")).toEqual(typeIcon("ticket_updated"));
  expect(typeIcon("ticket_mention")).toEqual(typeIcon("customer_reply"));
});

test("an icon is drawn, never parsed", () => {
  const svg = icon('"><script>');
  expect(svg.children).toHaveLength(1);
  expect(svg.firstElementChild!.getAttribute("d")).toBe('"><script>');
});
