// Reminders and what else the CRM's records bring into the inbox: what one does there, and why one was told.
import { violations } from "./harness/axe";
import { Centre } from "./harness/centre";
import { callSoon, recordId, recordOf, setting, tell } from "./harness/records";
import { ADA, describe, eventually, expect, type Person, test, type Visitor } from "./harness/test";

/** The inbox with the reminder of an activity open in it. */
async function openReminder(visitor: Visitor, label: string): Promise<{ centre: Centre; title: string }> {
  const centre = new Centre(await visitor.open("/inbox"));
  const row = centre.rows.filter({ hasText: label }).first();
  await row.waitFor();
  const title = (await row.locator(".title").textContent()) ?? "";
  await row.getByRole("link").click();
  await centre.preview.getByRole("heading", { name: title }).waitFor();
  return { centre, title };
}

describe("a reminder", () => {
  test("opens its activity", async ({ server, visit, person }) => {
    const { id, label } = await callSoon(server, person, "Call Northwind");
    const { centre } = await openReminder(await visit({ as: person }), label);
    await centre.preview.getByRole("link", { name: "Open", exact: true }).click();
    await centre.page.waitForURL(`**/records/activities/${id}`);
    await centre.page.getByRole("heading", { name: label }).first().waitFor();
  });

  test("tells people what is for people", async ({ server, visit, person }) => {
    const { label } = await callSoon(server, person, "Call Eastwind");
    const { centre } = await openReminder(await visit({ as: person }), label);
    const names = await centre.preview.locator("dt").allTextContents();
    expect(names).toContain("When");
    for (const name of ["Module", "Record ID", "Starts at", "Late seconds"])
      expect(names).not.toContain(name);
  });

  test("is put off for ten minutes", async ({ server, visit, person }) => {
    const { label } = await callSoon(server, person, "Call Southwind");
    const { centre, title } = await openReminder(await visit({ as: person }), label);
    const before = Date.now();
    await centre.preview.getByRole("button", { name: "Snooze 10 minutes" }).click();
    await centre.row(title).waitFor({ state: "detached" });
    await centre.tab("Snoozed").click();
    await centre
      .row(title)
      .getByText(/^\s*Until/)
      .waitFor();
    const answer = await server.askAs(person, "GET", "/crm/notification?snoozed=true");
    const [item] = ((await answer.json()) as { notifications: { snoozed_until: string }[] }).notifications;
    const minutes = (Date.parse(item?.snoozed_until ?? "") - before) / 60_000;
    expect(minutes).toBeGreaterThan(9.9);
    expect(minutes).toBeLessThan(10.5);

    await centre.undo.click();
    await centre.row(title).waitFor({ state: "detached" });
    await centre.tab("All").click();
    await centre.row(title).waitFor();
  });

  test("is done: the activity is completed and the reminder archived, and both come back", async ({
    server,
    visit,
    person,
  }) => {
    const { id, label } = await callSoon(server, person, "Call Westwind");
    const { centre, title } = await openReminder(await visit({ as: person }), label);
    const status = async () => (await recordOf(server, "activities", id)).fields.status;
    await centre.preview.getByRole("button", { name: "Done", exact: true }).click();
    await centre.row(title).waitFor({ state: "detached" });
    await eventually("the activity to be completed", 10_000, async () => (await status()) === "Completed");
    await centre.undo.click();
    await centre.row(title).waitFor();
    await eventually("the activity to go on", 10_000, async () => (await status()) === "In Progress");

    // From the list, with the mouse.
    await centre.press(title, "Done");
    await eventually("the activity to be completed", 10_000, async () => (await status()) === "Completed");
    await centre.tab("Archived").click();
    await centre.row(title).waitFor();
    await centre.link(title).click();
    await centre.preview.getByRole("button", { name: "Why did I get this?" }).waitFor();
    expect(await centre.preview.getByRole("button", { name: "Done", exact: true }).count()).toBe(0);
  });

  test("stays, and says why, where its activity is gone", async ({ server, visit, person }) => {
    const { id, label } = await callSoon(server, person, "Call nobody");
    const visitor = await visit({ as: person });
    visitor.watch.allow(/status of 404 .*\/crm\/record\/activities/);
    const { centre, title } = await openReminder(visitor, label);
    expect((await server.ask("DELETE", `/crm/record/activities/${id}`)).status).toBe(200);
    await centre.preview.getByRole("button", { name: "Done", exact: true }).click();
    await centre.toast.filter({ hasText: "That did not work" }).waitFor();
    await centre.row(title).waitFor();
  });
});

describe("why one was told", () => {
  test("is said in a sentence, then step by step, with the setting for administrators", async ({
    server,
    visit,
  }) => {
    const admin = await server.person({ name: "Alan Admin", roles: ["admin"] });
    const { label } = await callSoon(server, admin, "Call about why");
    const { centre } = await openReminder(await visit({ as: admin }), label);
    const ask = centre.preview.getByRole("button", { name: "Why did I get this?" });
    expect(await ask.getAttribute("aria-expanded")).toBe("false");
    await ask.click();
    const sentence = centre.preview.locator(".sentence");
    await sentence.waitFor();
    expect(await sentence.textContent()).toMatch(/^You .*\.$/);
    const terms = await centre.preview.locator("dl:last-of-type dt").allTextContents();
    for (const term of ["What happened", "The setting", "Why you", "Where it went"])
      expect(terms).toContain(term);
    await centre.preview.getByText(/Bell:\s*here/).waitFor();
    await centre.preview.getByText(/E-mail:/).waitFor();
    await centre.preview.getByRole("link", { name: "Reminder Settings" }).click();
    await centre.page.waitForURL("**/administration/settings/reminders?field=default_*");
  });

  test("is said without a link to settings for everybody else, also of what a program sent", async ({
    server,
    visit,
    person,
  }) => {
    await tell(server, "contacts", recordId(), { label: "Jane Doe", assigned_to: person.id });
    await server.send(person, { title: "By a program" });
    const centre = new Centre(await (await visit({ as: person })).open("/inbox"));
    for (const text of ["Jane Doe", "By a program"]) {
      await centre.rows.filter({ hasText: text }).first().getByRole("link").click();
      await centre.preview.getByRole("heading", { name: text }).waitFor();
      await centre.preview.getByRole("button", { name: "Why did I get this?" }).click();
      await centre.preview.locator(".sentence").waitFor();
      expect(await centre.preview.getByRole("link", { name: /Settings$/ }).count()).toBe(0);
    }
  });
});

test("a converted lead leads to each record that was made of it", async ({ server, visit, person }) => {
  await setting(server, "leads", { conversion_notification: true });
  const id = recordId();
  const fields = { first_name: "Jane", last_name: "Doe", company: `Doe ${id}`, email: "jane@example.com" };
  await tell(server, "leads", id, { label: "Jane Doe", assigned_to: ADA.id, fields });
  const converted = await server.ask("POST", `/crm/record/leads/${id}/convert`, {
    assigned_to: person.id,
    opportunity: true,
    link_company: true,
  });
  expect(converted.status).toBe(200);
  const { contact } = (await converted.json()) as { contact: { id: string } };
  const centre = new Centre(await (await visit({ as: person })).open("/inbox"));
  await centre.rows.first().getByRole("link").click();
  const links = centre.preview.getByRole("list", { name: "Links" }).getByRole("link");
  await eventually("three links", 10_000, async () => (await links.count()) === 3);
  await links.filter({ hasText: "Contact" }).click();
  await centre.page.waitForURL(`**/records/contacts/${contact.id}`);
});

test(
  "axe finds nothing at a reminder and at why, in English and in German",
  { timeout: 90_000 },
  async ({ server, visit }) => {
    const people: [string, Person][] = [
      ["en", await server.person({ roles: ["admin"] })],
      ["de", await server.person({ language: "de", roles: ["admin"] })],
    ];
    const found: string[] = [];
    for (const [language, who] of people) {
      const { label } = await callSoon(server, who, "Call to look at");
      const page = await (await visit({ as: who })).open("/inbox");
      const centre = new Centre(page);
      await page.locator("[data-row]").filter({ hasText: label }).first().getByRole("link").click();
      await page
        .getByRole("button", { name: language === "de" ? "Warum bekomme ich das?" : "Why did I get this?" })
        .click();
      await page.locator(".sentence").waitFor();
      found.push(...(await violations(centre.page, `reminder, ${language}`)));
    }
    expect(found).toEqual([]);
  },
);
