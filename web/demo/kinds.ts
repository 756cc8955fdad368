// The seven kinds, each ready to be triggered: a button does with the API what a CRM would do, and says what comes of it.

/** Asks the server as the CRM does, with its key. @throws {Error} with the server's sentence */
export type Crm = (method: string, path: string, body?: unknown, expected?: number) => Promise<Answer>;

/** What the server answers; members by name. */
export type Answer = Record<string, unknown>;

/** Something that can be made to happen. */
export interface Deed {
  label: string;
  /** What it does, and who hears of it */
  says: string;
  /** Does it. @returns what came of it, where there is more to say than that it is done */
  act: (crm: Crm, now: Date) => Promise<string | void>;
}

/** One kind of notification. */
export interface Kind {
  title: string;
  deeds: Deed[];
}

/** Numbers what is made, so that each press makes another one. */
const fresh = () => Date.now().toString(36).slice(-6);

const record = (module: string, id: string) => `record/${module}/${id}`;

const order = (id: string, status: string) => ({
  label: id.toUpperCase(),
  assigned_to: 123,
  actor_id: 123,
  fields: {
    company_id: "northwind",
    contact_id: "mia-larsen",
    order_number: id.toUpperCase(),
    order_date: "2026-11-20",
    purchase_order: "NW-2026-131",
    currency: "EUR",
    status,
    lines: [
      {
        code: "AP-6E",
        description: "Access point, Wi-Fi 6E",
        quantity: 24,
        unit_price: 289,
        tax_rate: 21,
        total: 6936,
      },
      {
        code: "SW-48",
        description: "Switch, 48 ports",
        quantity: 2,
        unit_price: 1140,
        tax_rate: 21,
        total: 2280,
      },
      {
        description: "Survey and installation, Antwerp",
        quantity: 3,
        unit: "days",
        unit_price: 760,
        tax_rate: 21,
        total: 2280,
      },
    ],
    subtotal: 11496,
    tax: 2414.16,
    total: 13910.16,
  },
});

/** In how many days, as a date in a zone: `2026-12-07`. */
const inDays = (now: Date, days: number, timeZone: string) =>
  new Date(now.getTime() + days * 86_400_000).toLocaleDateString("sv-SE", { timeZone });

export const KINDS: Kind[] = [
  {
    title: "1 · Activity reminders",
    deeds: [
      {
        label: "Plan a call",
        says: "Grace gets a call that begins in 16 minutes. Let time run for 1 minute: she is reminded, by e-mail too.",
        act: async (crm, now) => {
          const starts = new Date(Math.floor(now.getTime() / 60_000) * 60_000 + 16 * 60_000).toISOString();
          await crm("PUT", record("activities", `call-${fresh()}`), {
            label: "Call with Joris Bakker",
            assigned_to: 123,
            actor_id: 123,
            fields: { activity_type: "call", status: "Not Started", starts_at: starts },
          });
        },
      },
    ],
  },
  {
    title: "2 · Reassignment and lead conversion",
    deeds: [
      {
        label: "Give Joris Bakker to somebody else",
        says: "Ada gives the contact to Eve, or back to Grace: whoever gets it is told.",
        act: async (crm) => {
          const { record: found } = await crm("GET", record("contacts", "joris-bakker"));
          const to = (found as { assigned_to: number }).assigned_to === 123 ? 5 : 123;
          await crm("PATCH", record("contacts", "joris-bakker"), { assigned_to: to, actor_id: 1 });
          return to === 5 ? "Eve has him now" : "Grace has him now";
        },
      },
      {
        label: "Convert a lead",
        says: "A lead of Grace's becomes a company, a contact and an opportunity of Eve's: one e-mail with three links.",
        act: async (crm) => {
          const id = `lead-${fresh()}`;
          await crm("PUT", record("leads", id), {
            label: "Yara Haddad",
            assigned_to: 123,
            actor_id: 123,
            fields: { first_name: "Yara", last_name: "Haddad", company: `Cedar Shipping ${id.slice(5)}` },
          });
          await crm("POST", `${record("leads", id)}/convert`, { assigned_to: 5, actor_id: 123 });
        },
      },
    ],
  },
  {
    title: "3 · Team management",
    deeds: [
      {
        label: "Lock Eve out",
        says: "Five wrong passwords for Eve: her account is locked, and Ada and Max are told once.",
        act: async (crm) => {
          for (let times = 0; times < 5; times++) {
            await crm("POST", "auth/login", { email: "eve@example.com", password: "not the password" }, 401);
          }
        },
      },
      {
        label: "Let Eve in again",
        says: "An administrator sets her status to Active: nobody is told, and the count begins anew.",
        act: async (crm) => void (await crm("PUT", "user/5", { status: "Active" })),
      },
      {
        label: "Set Grace's appraisal",
        says: "It is in 14 days: Grace and Max, her manager, are told at nine in the morning in Perth, or at once.",
        act: async (crm, now) => {
          const fields = { appraisal_date: inDays(now, 14, "Australia/Perth") };
          await crm("PATCH", record("personnel", "grace"), { fields, actor_id: 1 });
        },
      },
    ],
  },
  {
    title: "4 · Sales orders and invoices",
    deeds: [
      {
        label: "Sign an order",
        says: "A new order becomes eSigned: Ben, who ships, gets the e-mail with the order as a PDF.",
        act: async (crm) => {
          const id = `so-${fresh()}`;
          await crm("PUT", record("sales_orders", id), order(id, "Created"));
          await crm("PATCH", record("sales_orders", id), { fields: { status: "eSigned" }, actor_id: 123 });
        },
      },
      {
        label: "Exceed a credit limit",
        says: "An order for Tidewater Stores, who owe 4,600 of 5,000: refused, and the server says why.",
        act: async (crm) => {
          const body = over({ actor_id: 4 });
          const { reason } = await crm("PUT", record("sales_orders", `so-${fresh()}`), body, 409);
          return String(reason);
        },
      },
      {
        label: "Override it",
        says: "Max, who may, overrides the limit for the same order: Cleo in finance is told who, what and how much.",
        act: async (crm) => {
          const body = over({ actor_id: 4, override_credit_limit: true });
          await crm("PUT", record("sales_orders", `so-${fresh()}`), body);
        },
      },
    ],
  },
  {
    title: "5 · Duplicates",
    deeds: [
      {
        label: "Enter Mia once more",
        says: "Ben saves a contact with Mia's e-mail address: Grace and Eve are told, and both stand in the list of duplicates.",
        act: async (crm) => {
          await crm("PUT", record("contacts", `mia-${fresh()}`), {
            label: "M. Larsen",
            assigned_to: 2,
            actor_id: 2,
            fields: { last_name: "Larsen", email: "Mia@Northwind.example" },
          });
        },
      },
    ],
  },
  {
    title: "6 · Portal",
    deeds: [
      {
        label: "Upload a document",
        says: "Mia uploads Plan.pdf in the customers' portal: it is assigned to Grace, who is told.",
        act: async (crm) => {
          await crm("POST", "event", {
            type: "portal.document_uploaded",
            module: "documents",
            record_id: `plan-${fresh()}`,
            data: { name: "Plan.pdf", size: 48_213, contact_id: "mia-larsen" },
          });
        },
      },
      {
        label: "Sign in the portal",
        says: "Mia signs order SO-311 in the portal: its owner, Grace, is told.",
        act: async (crm) => {
          const data = { contact_id: "mia-larsen" };
          await crm("POST", "event", {
            type: "portal.order_signed",
            module: "sales_orders",
            record_id: "so-311",
            data,
          });
        },
      },
    ],
  },
  {
    title: "7 · Helpdesk",
    deeds: [
      {
        label: "Log a ticket",
        says: "A critical ticket is due within 2 opening hours: Mia gets a letter. Let time run: Ben, on support, hears twice.",
        act: async (crm) => {
          const { record: made } = await crm("PUT", record("tickets", String(Date.now()).slice(-6)), {
            label: "Antwerp is offline",
            assigned_to: 5,
            actor_id: 123,
            fields: {
              status: "Open",
              severity: "Critical",
              company_id: "northwind",
              contact_id: "mia-larsen",
            },
          });
          return (made as { sla?: { sentence: string } }).sla?.sentence;
        },
      },
      {
        label: "Reply as the customer",
        says: "Mia replies to ticket 42: Ben, whose ticket it is, and Max, who subscribed, are told.",
        act: async (crm) => {
          const body = { text: "The uplink is gone again since this morning.", from_customer: true };
          await crm("POST", "record/tickets/42/comment", body);
        },
      },
      {
        label: "Mention Grace",
        says: "Ben comments on ticket 42 and mentions Grace: she is told, and so is Max, who subscribed.",
        act: async (crm) => {
          const body = { text: '@"Grace Sales" can you call Mia before noon?', actor_id: 2 };
          await crm("POST", "record/tickets/42/comment", body);
        },
      },
    ],
  },
  {
    title: "And what other systems tell",
    deeds: [
      {
        label: "Fail a provisioning job",
        says: "The job that Grace started fails: she is told under the bell and by e-mail.",
        act: async (crm) => {
          const data = { status: 2, job: 311, playbook: "activate-sim" };
          await crm("POST", "event", { type: "provisioning.finished", actor_id: 123, data });
        },
      },
    ],
  },
];

/** An order that is too much for Tidewater Stores. */
function over(more: Record<string, unknown>) {
  const fields = { company_id: "tidewater", status: "Created", total: 1250, currency: "GBP" };
  return { label: "Shelves for Tidewater Stores", assigned_to: 5, fields, ...more };
}
