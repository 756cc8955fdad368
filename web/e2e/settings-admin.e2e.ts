// The administrator's settings, drawn from what the server says of them, and the log of who changed what.
import type { Page } from "playwright-core";
import { violations } from "./harness/axe";
import { callSoon, inboxOf, recordId, setting, tell } from "./harness/records";
import { scan } from "./harness/scan";
import { ADA, describe, eventually, expect, type Server, test } from "./harness/test";

const USUAL = { default_days: 0, default_hours: 0, default_minutes: 15 };
const HOSTILE = '<img src=x onerror="__xss=1">\u202e<script>__xss=2</script>';

/** What tests change holds for everybody on their server: each begins with what is usual. */
async function asUsual(server: Server): Promise<void> {
  await setting(server, "reminders", USUAL);
  const answer = await server.ask("GET", "/crm/settings/notifications");
  const { schema } = (await answer.json()) as {
    schema: { properties: Record<string, { default: unknown }> };
  };
  const { assigned, previous_owner } = schema.properties;
  await setting(server, "notifications", {
    assigned: assigned?.default,
    previous_owner: previous_owner?.default,
    cc_address: "",
    cc_manager: false,
  });
}

const number = (page: Page, name: string) => page.getByRole("spinbutton", { name, exact: true });
const save = (page: Page) => page.getByRole("button", { name: /^Save/ });
const saved = (page: Page) => page.locator(".toast", { hasText: "Saved" }).waitFor();

/** The switch of a module in one of the two tables. */
const switchOf = (page: Page, table: string, module: string) =>
  page.getByRole("group", { name: table }).getByRole("switch", { name: module, exact: true });

describe("the settings", () => {
  test("stand under OpenCRM's names, and are found by what they do", async ({ visit }) => {
    const page = await (await visit({ as: ADA })).open("/administration/settings");
    const groups = page.getByRole("list", { name: "Settings", exact: true });
    for (const title of [
      "Reminder Settings",
      "Notification Settings",
      "Lead Settings",
      "Audit Log",
      "Delivery Settings",
    ])
      await groups.getByRole("link", { name: title }).waitFor();
    await page.getByRole("searchbox", { name: "Search" }).fill("minutes");
    await groups.getByRole("link", { name: "Notification Settings" }).waitFor({ state: "detached" });
    expect(new URL(page.url()).search).toBe("?q=minutes");
    await groups.getByRole("link", { name: "Default Minutes" }).click();
    await page.waitForURL("**/administration/settings/reminders?field=default_minutes&q=minutes");
    await eventually("the field that one came for", 5_000, async () =>
      (await page.evaluate(() => document.activeElement?.id ?? "")).endsWith("default_minutes"),
    );
    await page.getByRole("link", { name: "All settings" }).click();
    await groups.getByRole("link", { name: "Default Minutes" }).waitFor();
    await page.getByRole("searchbox", { name: "Search" }).fill("xylophone");
    await page.getByText("No setting matches").waitFor();
  });

  test("say what they do, send only what changed, and say what is wrong where it is", async ({
    server,
    visit,
  }) => {
    await asUsual(server);
    const visitor = await visit({ as: ADA });
    visitor.watch.allow(/status of 400 .*\/crm\/settings\/reminders/);
    const page = await visitor.open("/administration/settings/reminders");
    const sent: unknown[] = [];
    page.on("request", (request) => request.method() === "PUT" && sent.push(request.postDataJSON()));
    await page.getByText("People are reminded 15 minutes before the start.").waitFor();
    await page.getByText("Default: 15").waitFor();
    expect(await save(page).isDisabled()).toBe(true);

    await number(page, "Default Minutes").fill("99999");
    await page.getByText("not saved yet").waitFor();
    await save(page).click();
    await page.getByRole("alert").filter({ hasText: "Default Minutes must be an integer" }).waitFor();
    expect(await number(page, "Default Minutes").getAttribute("aria-invalid")).toBe("true");
    expect(await page.evaluate(() => document.activeElement?.id ?? "")).toMatch(/default_minutes$/);

    await number(page, "Default Minutes").fill("30");
    await number(page, "Default Hours").fill("1");
    await page.getByText("People are reminded 1 hour and 30 minutes before the start.").waitFor();
    await page.getByRole("button", { name: "Save 2 changes" }).click();
    await saved(page);
    expect(sent.at(-1)).toEqual({ default_minutes: 30, default_hours: 1 });
    expect(await page.getByText("not saved yet").count()).toBe(0);

    await page.reload();
    await page.getByText("People are reminded 1 hour and 30 minutes before the start.").waitFor();
    await page.getByRole("button", { name: "Reset to default: Default Minutes" }).click();
    await page.getByRole("button", { name: "Reset to default: Default Hours" }).click();
    await save(page).click();
    await saved(page);
    const answer = await server.ask("GET", "/crm/settings/reminders");
    expect(await answer.json()).toMatchObject({ settings: USUAL });
  });

  test("are not left by mistake before they are saved", async ({ server, visit }) => {
    await asUsual(server);
    const page = await (await visit({ as: ADA })).open("/administration/settings");
    await page.getByRole("link", { name: "Reminder Settings" }).click();
    await number(page, "Default Days").fill("2");
    const dialog = page.getByRole("dialog", { name: "Leave without saving?" });
    await page.getByRole("link", { name: "Inbox" }).click();
    await dialog.getByRole("button", { name: "Stay here" }).click();
    expect(await number(page, "Default Days").inputValue()).toBe("2");
    await page.goBack();
    await dialog.waitFor();
    expect(new URL(page.url()).pathname).toBe("/administration/settings/reminders");
    await dialog.getByRole("button", { name: "Leave without saving" }).click();
    await page.waitForURL("**/administration/settings");
    await page.getByRole("link", { name: "Reminder Settings" }).click();
    await page.getByText("People are reminded 15 minutes before the start.").waitFor();
    expect(await number(page, "Default Days").inputValue()).toBe("0");
    expect(page.url()).toContain(server.origin);
  });

  test("0, 0 and 0 silence reminders by default, and a time set in an activity still fires", async ({
    server,
    visit,
    person,
  }) => {
    await asUsual(server);
    const page = await (await visit({ as: ADA })).open("/administration/settings/reminders");
    await number(page, "Default Minutes").fill("0");
    await page.getByText("Nobody is reminded unless the activity says so.").waitFor();
    await save(page).click();
    await saved(page);
    await callSoon(server, person, "Silent by default");
    await callSoon(server, person, "Says so itself", { reminder_minutes: 15 });
    // Both are due at once: where the second has come, the first would have.
    await eventually("the reminder", 15_000, async () => (await inboxOf(server, person)).length > 0);
    const titles = (await inboxOf(server, person)).map(({ title }) => title).join();
    expect(titles).toContain("Says so itself");
    expect(titles).not.toContain("Silent by default");
  });

  test("Contacts on and Leads off tell of one and not of the other", async ({ server, visit, person }) => {
    await asUsual(server);
    const page = await (await visit({ as: ADA })).open("/administration/settings/notifications");
    const tables = ["Notify the new user", "Notify the previous owner"] as const;
    await page.getByText("Default: on for all").waitFor();
    await page.getByText("Default: off for all").waitFor();
    expect(await switchOf(page, tables[0], "Contacts").isChecked()).toBe(true);
    await switchOf(page, tables[0], "Leads").uncheck();
    await page.getByText(/told in \d+ of \d+ modules, the previous one in no module/).waitFor();
    await save(page).click();
    await saved(page);
    const [lead, contact] = [recordId(), recordId()];
    await tell(server, "leads", lead, { label: "Lead of the day", assigned_to: person.id });
    await tell(server, "contacts", contact, { label: "Jane Doe", assigned_to: person.id });
    await eventually("the contact", 15_000, async () => (await inboxOf(server, person)).length > 0);
    expect((await inboxOf(server, person)).map(({ title }) => title)).toEqual([
      expect.stringContaining("Jane Doe"),
    ]);

    // The previous owner, by the other table.
    await switchOf(page, tables[1], "Contacts").check();
    await save(page).click();
    await saved(page);
    const other = await server.person({ name: "Other Owner" });
    await tell(server, "leads", lead, { label: "Lead of the day", assigned_to: other.id });
    await tell(server, "contacts", contact, { label: "Jane Doe", assigned_to: other.id });
    await eventually(
      "that it was taken away",
      15_000,
      async () => (await inboxOf(server, person)).length > 1,
    );
    const types = (await inboxOf(server, person)).map(({ type }) => type);
    expect(types).toEqual(["record_reassigned_away", "record_assigned"]);
  });

  test("are for administrators only", async ({ visit, person }) => {
    const page = await (await visit({ as: person })).open("/administration/settings/reminders");
    await page.getByRole("heading", { name: "This page does not exist" }).waitFor();
  });
});

describe("the activity log", () => {
  test("says who changed what, of settings and of records", async ({ server, visit, person }) => {
    await asUsual(server);
    const page = await (await visit({ as: ADA })).open("/administration/settings/reminders");
    await number(page, "Default Hours").fill("3");
    await save(page).click();
    await saved(page);
    await tell(server, "contacts", recordId(), { label: "Somebody else", assigned_to: person.id });
    const id = recordId();
    await tell(server, "contacts", id, { label: HOSTILE, assigned_to: person.id });
    await tell(server, "contacts", id, { label: HOSTILE, assigned_to: ADA.id });

    await page.getByRole("link", { name: "Activity log" }).click();
    const rows = page.getByRole("list", { name: "Changes, newest first" }).locator("> li");
    const change = rows.filter({ hasText: "Default Hours" }).first();
    await change.getByRole("link", { name: "Reminder Settings" }).waitFor();
    expect(await change.textContent()).toMatch(/0\s*→\s*to\s*3[\s\S]*Ada Admin\s*Modified\(User\)/);
    const moved = rows.filter({ hasText: "Assigned to" }).filter({ hasText: person.name }).first();
    await moved.getByText("Ada Admin").waitFor();
    expect(await moved.textContent()).toContain("Modified(API)");
    expect((await scan(page)).faults).toEqual([]);

    await page.getByLabel("Where").selectOption({ label: "Contacts" });
    await page.waitForURL("**/administration/audit?module=contacts");
    await page.getByLabel("Record ID").fill(id);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/administration/audit?module=contacts&record=${id}`);
    await eventually("only that record", 5_000, async () => {
      const subjects = await rows.locator(".subject").allTextContents();
      return subjects.length > 0 && subjects.every((subject) => subject.trim() === `Contact ${id}`);
    });
    await rows.getByText("Made:").waitFor();
    await rows
      .first()
      .getByRole("link", { name: `Contact ${id}` })
      .click();
    await page.waitForURL(`**/records/contacts/${id}`);
    await page.goBack();

    await page.getByRole("button", { name: "Clear filter" }).click();
    await page.getByLabel("Where").selectOption({ label: "Reminder Settings" });
    await page.waitForURL("**/administration/audit?group=reminders");
    await rows.filter({ hasText: "Default Hours" }).first().waitFor();
    expect(await rows.filter({ hasText: "Contact" }).count()).toBe(0);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("From", { exact: true }).fill(tomorrow);
    await page.getByText("No change matches").waitFor();
    await setting(server, "reminders", USUAL);
  });

  test("goes on to older changes", async ({ server, visit, person }) => {
    const id = recordId();
    const owners = [person.id, ADA.id];
    for (let turn = 0; turn < 60; turn++) {
      const assigned_to = owners[turn % 2];
      await tell(server, "projects", id, { label: "Router", assigned_to, send_notification: false });
    }
    const page = await (await visit({ as: ADA })).open(`/administration/audit?module=projects&record=${id}`);
    const rows = page.getByRole("list", { name: "Changes, newest first" }).locator("> li");
    await eventually("a page", 10_000, async () => (await rows.count()) === 50);
    await page.getByRole("button", { name: "Show older" }).click();
    await eventually("more than a page", 10_000, async () => (await rows.count()) > 59);
    expect(await page.getByRole("button", { name: "Show older" }).count()).toBe(0);
  });
});

test(
  "axe finds nothing on any of these pages, in English and in German",
  { timeout: 120_000 },
  async ({ server, visit }) => {
    const german = await server.person({ name: "Anna Admin", language: "de", roles: ["admin"] });
    await tell(server, "contacts", recordId(), { label: "To look at", assigned_to: german.id });
    await setting(server, "reminders", { default_hours: 2 });
    await setting(server, "reminders", USUAL);
    const found: string[] = [];
    /** For eyes and ears, and whether all of it fits on a phone. */
    const look = async (page: Page, state: string) => {
      found.push(...(await violations(page, state)));
      await page.setViewportSize({ width: 390, height: 780 });
      found.push(...(await scan(page)).faults.map((fault) => `${state}, phone: ${fault}`));
      await page.setViewportSize({ width: 1280, height: 800 });
    };
    for (const [language, who] of [
      ["en", ADA],
      ["de", german],
    ] as const) {
      const visitor = await visit({ as: who });
      visitor.watch.allow(/status of 400 .*\/crm\/settings\/reminders/);
      const isGerman = language === "de";
      const page = await visitor.open("/administration/settings?q=minute");
      await page.getByRole("link", { name: isGerman ? "Minuten vorher" : "Default Minutes" }).waitFor();
      await look(page, `groups, ${language}`);
      await page.goto(`${server.origin}/administration/settings/reminders`);
      await number(page, isGerman ? "Minuten vorher" : "Default Minutes").fill("99999");
      await page.getByRole("button", { name: isGerman ? /speichern$/ : /^Save/ }).click();
      await page.getByRole("alert").waitFor();
      await look(page, `reminders, ${language}`);
      await page.getByRole("link", { name: isGerman ? "Alle Einstellungen" : "All settings" }).click();
      await page.getByRole("dialog").waitFor();
      await look(page, `unsaved, ${language}`);
      await page
        .getByRole("button", { name: isGerman ? "Ohne Speichern gehen" : "Leave without saving" })
        .click();
      for (const group of ["notifications", "audit"]) {
        await page.goto(`${server.origin}/administration/settings/${group}`);
        await page.getByRole("switch").first().click();
        await look(page, `${group}, ${language}`);
        await page.getByRole("switch").first().click();
      }
      await page.goto(`${server.origin}/administration/audit`);
      await page.getByText("To look at").first().waitFor();
      await look(page, `activity log, ${language}`);
    }
    expect(found).toEqual([]);
  },
);
