// Who is on support, until when a ticket is to be answered, and what is said about it.
import type { Page } from "playwright-core";
import { violations } from "./harness/axe";
import { inboxOf, recordId, setting, tell } from "./harness/records";
import { ADA, describe, eventually, expect, type Person, test } from "./harness/test";

const BEN: Person = { id: 2, email: "ben@example.com", name: "Ben Support" };

/** What one changed is the server's, and nothing is left to be saved. */
async function saved(page: Page): Promise<void> {
  await page.locator(".toast", { hasText: "Saved" }).waitFor();
  await page.getByText("not saved yet").waitFor({ state: "detached" });
}

describe("support users", () => {
  test("tick themselves and nobody else; an administrator ticks anybody", async ({ server, visit }) => {
    const page = await (await visit({ as: BEN })).open("/support");
    const own = page.getByRole("checkbox", { name: "Ben Support" });
    await page.getByText("Alerts about tickets go to Ben Support.").waitFor();
    expect(await page.getByRole("checkbox", { name: "Eve Sales" }).isDisabled()).toBe(true);
    await own.uncheck();
    await page.getByText("Alerts about tickets go to Ben Support.").waitFor({ state: "detached" });

    const admins = await (await visit({ as: ADA })).open("/records");
    await admins.getByRole("link", { name: "Support users" }).click();
    await admins.getByRole("checkbox", { name: "Eve Sales" }).check();
    await admins.getByText("Alerts about tickets go to Eve Sales.").waitFor();
    await admins.getByRole("checkbox", { name: "Eve Sales" }).uncheck();
    await own.check();
    await page.getByText("Alerts about tickets go to Ben Support.").waitFor();
    const answer = await server.ask("GET", "/crm/support");
    expect(await answer.json()).toMatchObject({
      members: [
        { name: "Ben Support", on_support: true },
        { name: "Eve Sales", on_support: false },
      ],
    });
  });

  test("hear why a tick was not kept", async ({ visit }) => {
    const visitor = await visit({ as: BEN });
    visitor.watch.allow(/\/crm\/user\/me/);
    const page = await visitor.open("/support");
    const own = page.getByRole("checkbox", { name: "Ben Support" });
    await own.waitFor();
    await page.route("**/crm/user/me", (route) =>
      route.request().method() === "PUT"
        ? route.fulfill({ status: 503, json: { result: "Failed", reason: "The server is busy; try again" } })
        : route.continue(),
    );
    await own.click();
    await page.getByRole("alert").filter({ hasText: "The server is busy; try again" }).waitFor();
    expect(await own.isChecked()).toBe(true);
  });
});

describe("a ticket", () => {
  test("says until when it is to be answered, and why", async ({ server, visit, person }) => {
    const id = recordId();
    const fields = { status: "Open", severity: "Critical" };
    await tell(server, "tickets", id, { label: "Printer on fire", assigned_to: person.id, fields });
    const page = await (await visit({ as: person })).open(`/records/tickets/${id}`);
    const card = page.getByRole("region", { name: "Response time" });
    await card.getByText(/^Due on .* 2 hours for severity Critical\.$/).waitFor();
    expect(await card.locator("time").count()).toBe(2);
    await server.ask("PATCH", `/crm/record/tickets/${id}`, { fields: { status: "Closed" } });
    await page.reload();
    await card.getByText("The clock stands").waitFor();
    expect(await card.locator("time").count()).toBe(0);
  });

  test("is commented on, and whoever is mentioned is told", async ({ server, visit, person }) => {
    const id = recordId();
    const other = await server.person({ name: "Olga Other" });
    await tell(server, "tickets", id, { label: "No dial tone", assigned_to: other.id });
    const page = await (await visit({ as: person })).open(`/records/tickets/${id}`);
    const comments = page.getByRole("region", { name: "Comments" });
    await comments.getByRole("button", { name: "Comment" }).click();
    await comments.getByRole("alert").filter({ hasText: "Write something first." }).waitFor();
    await comments.getByLabel("New comment").fill('<b>Look</b> @"Olga Other"\nplease');
    await comments.getByRole("button", { name: "Comment" }).click();
    await comments.getByRole("listitem").filter({ hasText: '<b>Look</b> @"Olga Other"' }).waitFor();
    expect(await comments.getByLabel("New comment").inputValue()).toBe("");
    await eventually("the mention", 15_000, async () =>
      (await inboxOf(server, other)).some(({ type }) => type === "ticket_mention"),
    );
    await comments.getByLabel("New comment").fill("It works again.");
    await comments.getByLabel("The customer says so").check();
    await comments.getByRole("button", { name: "Comment" }).click();
    const first = comments.getByRole("listitem").first();
    await first.filter({ hasText: "It works again." }).getByText("Customer", { exact: true }).waitFor();
  });

  test("says before one comments whether the customer gets it, and keeps an internal note", async ({
    server,
    visit,
    person,
  }) => {
    const id = recordId();
    const fields = { status: "Open", contact_id: "mia-larsen" };
    await tell(server, "tickets", id, { label: "No dial tone", fields, send_notification: false });
    const page = await (await visit({ as: person })).open(`/records/tickets/${id}`);
    const comments = page.getByRole("region", { name: "Comments" });
    const [box, note] = [comments.getByLabel("New comment"), comments.getByLabel("Internal note")];
    const goesOut = comments.getByText("This goes to mia@northwind.example by e-mail.");
    const stays = comments.getByText("This stays in the team.");
    const isSaid = async (text: string, mark: boolean) => {
      await comments.getByRole("button", { name: "Comment" }).click();
      const said = comments.getByRole("listitem").filter({ hasText: text });
      await said.waitFor();
      expect(await said.getByText("Internal", { exact: true }).count()).toBe(mark ? 1 : 0);
    };
    await goesOut.waitFor();
    // Whoever calls colleagues speaks to them, also by a name that nobody has; one may think otherwise.
    await box.fill("@Support please refuse him");
    await stays.waitFor();
    expect(await note.isChecked()).toBe(true);
    await isSaid("please refuse him", true);
    await note.check();
    await box.fill("He is rude");
    await isSaid("He is rude", true);
    expect(await note.isChecked()).toBe(false);
    await box.fill("@Support asks you to restart it");
    await note.uncheck();
    await goesOut.waitFor();
    await isSaid("asks you to restart it", false);
    const log = await server.ask("GET", `/crm/delivery?record=tickets/${id}`);
    const { deliveries } = (await log.json()) as { deliveries: { type: string }[] };
    expect(deliveries.map(({ type }) => type)).toEqual(["comment_added"]);

    await setting(server, "helpdesk", { comment_added: false });
    try {
      await eventually("the settings", 10_000, async () => {
        await page.reload();
        await box.waitFor();
        return (await comments.getByText("The customer gets no e-mail.").count()) === 1;
      });
    } finally {
      await setting(server, "helpdesk", { comment_added: true });
    }
  });
});

describe("the settings of the business", () => {
  test("offer templates and people by name, and keep their numbers", async ({ server, visit }) => {
    const page = await (await visit({ as: ADA })).open("/administration/settings/sales_orders");
    const template = page.getByRole("combobox", { name: "Email Template" });
    expect(await template.locator("option:checked").textContent()).toBe("Sales order status");
    await template.selectOption({ label: "none" });
    await page.getByRole("button", { name: "Save 1 change" }).click();
    await saved(page);
    await template.selectOption({ label: "Sales order status" });
    await page.getByRole("button", { name: "Save 1 change" }).click();
    await saved(page);
    expect(await (await server.ask("GET", "/crm/settings/sales_orders")).json()).toMatchObject({
      settings: { email_template_id: expect.any(Number) as number },
    });

    await page.goto(`${server.origin}/administration/settings/portal`);
    const person = page.getByRole("combobox", { name: /^User to assign documents to/ });
    await eventually("the name", 10_000, async () => (await person.inputValue()) === "Grace Sales");
    await person.fill("Eve");
    await page.getByRole("option", { name: /Eve Sales/ }).click();
    await page.getByRole("button", { name: "Save 1 change" }).click();
    await saved(page);
    const answer = await server.ask("GET", "/crm/settings/portal");
    expect(await answer.json()).toMatchObject({ settings: { document_user_id: 5 } });
  });

  test("say when the company is open, day by day", async ({ server, visit }) => {
    const page = await (await visit({ as: ADA })).open("/administration/settings/company");
    await page.getByRole("checkbox", { name: "Saturday" }).check();
    await page.getByLabel("Saturday: until").fill("12:30");
    await page.getByRole("button", { name: "Monday: and again …" }).click();
    await page.getByRole("button", { name: "Save 1 change" }).click();
    await saved(page);
    expect(await (await server.ask("GET", "/crm/settings/company")).json()).toMatchObject({
      settings: {
        opening_hours: {
          mon: [
            ["09:00", "17:00"],
            ["18:00", "20:00"],
          ],
          sat: ["09:00", "12:30"],
          sun: [],
        },
      },
    });
  });

  test("hold rules and hours by name, and say what is wrong with them", async ({ server, visit }) => {
    const visitor = await visit({ as: ADA });
    visitor.watch.allow(/status of 400 .*\/crm\/settings/);
    const page = await visitor.open("/administration/settings/personnel");
    const rules = page.getByRole("group", { name: "Rules" });
    await rules.getByRole("button", { name: "Add" }).click();
    const rule = rules.getByRole("group", { name: "Entry 2" });
    await rule.getByLabel("Field").fill("birth_date");
    await rule.getByLabel("Recipients").fill("Nobody Known");
    await rule.getByLabel("In force").check();
    await page.getByRole("button", { name: "Save 1 change" }).click();
    await page.getByRole("alert").filter({ hasText: "Nobody Known" }).waitFor();
    await rule.getByLabel("Recipients").fill("manager");
    expect(await rule.getByLabel("E-mail template").locator("option:checked").textContent()).toBe(
      "the shipped one",
    );
    await page.getByRole("button", { name: "Save 1 change" }).click();
    await saved(page);
    await rules.getByRole("button", { name: "Remove entry 2" }).click();
    await page.getByRole("button", { name: "Save 1 change" }).click();
    await saved(page);

    await page.goto(`${server.origin}/administration/settings/helpdesk`);
    const hours = page.getByRole("group", { name: "Global default severity SLA" });
    await hours.getByRole("button", { name: "Add" }).click();
    await hours.getByRole("textbox", { name: "Name" }).last().fill("High");
    await hours.getByRole("spinbutton").last().fill("4");
    await page.getByRole("button", { name: /^Save/ }).click();
    await saved(page);
    expect(await (await server.ask("GET", "/crm/settings/helpdesk")).json()).toMatchObject({
      settings: { severity_hours: { Critical: 2, High: 4 } },
    });
  });

  test("and letters to customers stand among the deliveries", async ({ server, visit }) => {
    const id = recordId();
    const fields = { status: "Open", contact_id: "mia-larsen", company_id: "northwind" };
    await tell(server, "tickets", id, { label: "Letter to look at", assigned_to: ADA.id, fields });
    const page = await (await visit({ as: ADA })).open("/administration/deliveries");
    const row = page.getByRole("listitem").filter({ hasText: "E-mail to mia@northwind.example" });
    await row.first().getByRole("button").first().click();
    await row.getByText("who is no user").waitFor();
    await row.getByRole("link", { name: `tickets/${id}` }).click();
    await page.getByRole("heading", { name: "Letter to look at" }).waitFor();
  });
});

test("axe finds nothing on these pages", { timeout: 180_000 }, async ({ server, visit }) => {
  const german = await server.person({ name: "Anna Admin", language: "de", roles: ["admin"] });
  const found: string[] = [];
  for (const [language, who] of [
    ["en", ADA],
    ["de", german],
  ] as const) {
    const page = await (await visit({ as: who })).open("/support");
    await page.getByRole("checkbox").first().waitFor();
    found.push(...(await violations(page, `support, ${language}`)));
    for (const group of ["company", "personnel", "helpdesk", "portal", "sales_orders", "duplicates"]) {
      await page.goto(`${server.origin}/administration/settings/${group}`);
      await page.getByRole("button", { name: /^(Save|Speichern)$/ }).waitFor();
      found.push(...(await violations(page, `${group}, ${language}`)));
    }
  }
  expect(found).toEqual([]);
});
