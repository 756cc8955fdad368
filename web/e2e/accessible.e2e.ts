// No page, in no state, keeps anybody out: axe finds nothing, light or dark, on a desk or on a phone.
import type { Page } from "playwright-core";
import { de } from "../centre/src/text/de";
import { Bell } from "./harness/bell";
import { violations } from "./harness/axe";
import { Centre } from "./harness/centre";
import { describe, expect, type Person, type Server, test } from "./harness/test";

const CONTENTS = [
  { title: "Lunch is here", message: "Third floor, while it lasts" },
  { title: "Invoice 2026-1187 is ready", type: "billing_invoice", link: "https://billing.example.com/1187" },
  {
    title: "Provisioning failed",
    type: "provision_failed",
    message: "The SIM cards of order 311 could not be activated",
  },
  {
    title: "SLA breached",
    type: "sla_breached",
    message: "Ticket #42 waits for an answer",
    link: "/tickets/42",
  },
  {
    title: "Ticket #42 assigned to you",
    type: "ticket_assigned",
    message: "Router at Northwind drops its uplink every night",
    link: "/tickets/42",
    related_ticket_id: 42,
    related_user_id: 5,
    metadata: {
      ticket_id: 42,
      tags: ["router"],
      lines: [
        { item: "Fibre", price: 120 },
        { item: "Router", price: 80 },
      ],
      site: { city: "Rotterdam" },
      empty: null,
    },
  },
];

/** Fills an inbox: some read, one snoozed, one archived. */
async function furnish(server: Server, person: Person): Promise<void> {
  const ids = await server.sendAll(person, CONTENTS);
  const headers = {
    Cookie: await server.cookie(person),
    Origin: server.origin,
    "Content-Type": "application/json",
  };
  const tell = (id: number | undefined, what: string, body = "{}") =>
    fetch(`${server.origin}/crm/notification/${id}/${what}`, { method: "POST", headers, body });
  const until = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z/, "Z");
  const answers = [
    await tell(ids[0], "snooze", JSON.stringify({ until })),
    await tell(ids[1], "archive", ""),
    await tell(ids[2], "mark-read", ""),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
}

/** Looks at a page in each of its states. */
async function look(page: Page, states: Record<string, () => Promise<unknown>>): Promise<void> {
  const found: string[] = [];
  for (const [name, enter] of Object.entries(states)) {
    await enter();
    found.push(...(await violations(page, name)));
  }
  expect(found).toEqual([]);
}

describe("axe finds nothing", () => {
  test("at the sign-in", async ({ visit, person }) => {
    const visitor = await visit();
    visitor.watch.allow(/status of 401 .*\/crm\/auth\/session/);
    const page = await visitor.open("/sign-in");
    await look(page, {
      "sign-in": () => page.getByLabel("E-mail").waitFor(),
      "sign-in, refused": async () => {
        await page.getByLabel("E-mail").fill(person.email);
        await page.getByLabel("Password", { exact: true }).fill("wrong");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.locator("[role=alert]:not(:empty)").waitFor();
      },
    });
  });

  test("in the inbox, empty and full, with what lies over it", async ({ server, visit, person }) => {
    const page = await (await visit({ as: person })).open("/inbox");
    const centre = new Centre(page);
    const at = (path: string) => page.goto(server.origin + path);
    await look(page, {
      "first run": () => page.getByText("Nothing yet").waitFor(),
      "snoozed, empty": async () => (
        await at("/inbox?tab=snoozed"),
        page.getByText("Nothing is snoozed").waitFor()
      ),
      "archive, empty": async () => (
        await at("/inbox?tab=archived"),
        page.getByText("The archive is empty").waitFor()
      ),
      inbox: async () => (
        await furnish(server, person),
        await at("/inbox"),
        centre.row("SLA breached").waitFor()
      ),
      "under the pointer": () => centre.row("SLA breached").hover(),
      filter: async () => {
        await page.getByRole("button", { name: "Filter" }).click();
        await page.getByLabel("Type").waitFor();
      },
      filtered: async () => {
        await page.getByLabel("Type").selectOption({ label: "Ticket assigned" });
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Remove filter Type: Ticket assigned" }).waitFor();
      },
      "nothing matches": async () => (
        await at("/inbox?q=nothing"),
        page.getByText("Nothing matches").waitFor()
      ),
      unread: async () => (await at("/inbox?tab=unread"), centre.row("SLA breached").waitFor()),
      snoozed: async () => (await at("/inbox?tab=snoozed"), centre.row("Lunch is here").waitFor()),
      archive: async () => (
        await at("/inbox?tab=archived"),
        centre.row("Invoice 2026-1187 is ready").waitFor()
      ),
      selected: async () => {
        await at("/inbox");
        await centre.row("SLA breached").getByRole("checkbox").check();
        await page.getByRole("toolbar").waitFor();
      },
      notice: async () => {
        await page.getByRole("toolbar").getByRole("button", { name: "Mark as read" }).click();
        await centre.toast.waitFor();
      },
      "snooze dialog": async () => {
        await centre.press("SLA breached", "Snooze");
        await page.getByRole("dialog").waitFor();
      },
      help: async () => {
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
        await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
      },
      preview: async () => {
        await page.keyboard.press("Escape");
        await centre.link("Ticket #42 assigned to you").click();
        await centre.preview.getByRole("heading", { name: "Details" }).waitFor();
      },
      "preview of nothing": async () => (
        await at("/inbox?id=987654321"),
        page.getByText("not there any more").waitFor()
      ),
    });
  });

  test("in the profile and about it", async ({ server, visit, person }) => {
    await server.cookie(
      person,
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    );
    const page = await (await visit({ as: person })).open("/profile");
    await look(page, {
      profile: () => page.getByText("Firefox on Windows").waitFor(),
      "profile, time zones": () => page.getByRole("combobox", { name: "Time zone" }).fill("ber"),
      "profile, refused": async () => {
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Change password" }).click();
        await page.getByText("Enter your current password.").waitFor();
      },
      about: async () => {
        await page.goto(`${server.origin}/about`);
        await page.getByRole("heading", { name: "About Belfry" }).waitFor();
      },
    });
  });

  test("in German too", async ({ server, visit }) => {
    const person = await server.person({ language: "de" });
    await furnish(server, person);
    const page = await (await visit({ as: person })).open("/inbox");
    await look(page, {
      "inbox in German": () => page.getByRole("heading", { name: de.nav.inbox }).waitFor(),
    });
  });

  test("in the page of a CRM, with the bell closed, open and at work", async ({ server, visit, person }) => {
    await furnish(server, person);
    const stranger = await (await visit()).open("/demo/crm");
    await look(stranger, { "CRM, signed out": () => stranger.getByRole("dialog").waitFor() });

    const page = await (await visit({ as: person })).open("/demo/crm");
    const bell = new Bell(page);
    const first = "Ticket #42 assigned to you";
    await look(page, {
      "bell, closed": () => bell.shows(2),
      "bell, open": async () => (await bell.open(), bell.row(first).waitFor()),
      "bell, all": async () => {
        await bell.panel.getByRole("button", { name: "All", exact: true }).click();
        await bell.row("Provisioning failed").waitFor();
      },
      "bell, choice of snooze": async () => {
        await bell.row(first).getByRole("link").focus();
        await page.keyboard.press("h");
        await bell.panel
          .getByRole("button", { name: /^in 1 hour/ })
          .first()
          .waitFor();
      },
      "bell, notice": async () => {
        await page.keyboard.press("Escape");
        await page.keyboard.press("e");
        // A notice that fades while it is looked at would be neither there nor gone.
        await bell.undo.focus();
      },
      "bell, empty": async () => {
        await bell.panel.getByRole("button", { name: "Unread", exact: true }).click();
        await bell.panel.getByRole("button", { name: "Mark all as read" }).click();
        await bell.panel.getByText("You are all caught up").waitFor();
      },
    });
  });
});
