// Records, as the people of a company use them: whose they are, who is told, when they remind, what became of them.
import type { Locator, Page } from "playwright-core";
import { violations } from "./harness/axe";
import { scan } from "./harness/scan";
import { ADA, describe, eventually, expect, type Person, type Server, test } from "./harness/test";

/** What no page may take for more than words. */
const HOSTILE = '<img src=x onerror="__xss=1"> {{7*7}} "quoted" <script>__xss=2</script>';

interface Stored {
  module: string;
  id: string;
  label: string;
  assigned_to: number | null;
  previous_assigned_to: number | null;
  fields: Record<string, unknown>;
  version: number;
}

interface Told {
  type: string;
  title: string;
}

/** What a program tells of a record. */
async function put(
  server: Server,
  module: string,
  id: string,
  what: { label: string; assigned_to?: number | null; link?: string; fields?: object },
): Promise<Stored> {
  const answer = await server.ask("PUT", `/crm/record/${module}/${id}`, {
    send_notification: false,
    ...what,
  });
  expect(answer.status, await answer.clone().text()).toBeLessThan(300);
  return ((await answer.json()) as { record: Stored }).record;
}

async function stored(server: Server, module: string, id: string): Promise<Stored> {
  const answer = await server.ask("GET", `/crm/record/${module}/${id}`);
  return ((await answer.json()) as { record: Stored }).record;
}

/** What somebody was told, newest first. */
async function toldTo(server: Server, who: Person): Promise<Told[]> {
  const answer = await server.askAs(who, "GET", "/crm/notification/");
  return ((await answer.json()) as { notifications: Told[] }).notifications;
}

/** Sets settings as an administrator does; those of others stay. */
async function set(server: Server, group: string, settings: object): Promise<void> {
  const answer = await server.askAs(ADA, "PUT", `/crm/settings/${group}`, settings);
  expect(answer.status, await answer.clone().text()).toBe(200);
}

/** A record's page, in the words of its user. */
class RecordPage {
  readonly page: Page;
  readonly box: Locator;
  readonly owner: Locator;

  constructor(page: Page) {
    this.page = page;
    this.box = page.getByRole("checkbox", { name: "Send Notification" });
    this.owner = page.getByRole("combobox", { name: "Assigned To", exact: true });
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  /** What stands beside a name in the details. */
  fact(name: string): Locator {
    const row = this.page.locator("dl > div").filter({ has: this.page.getByText(name, { exact: true }) });
    return row.locator("dd").first();
  }

  async says(name: string, value: string | RegExp): Promise<void> {
    await this.fact(name).filter({ hasText: value }).waitFor();
  }

  async save(): Promise<void> {
    await this.press("Save");
    await this.page.locator(".toast", { hasText: "Saved" }).waitFor();
  }

  section(name: string): Locator {
    return this.page.getByRole("region", { name, exact: true });
  }
}

/** Chooses somebody in a combobox. */
async function choose(box: Locator, who: Person): Promise<void> {
  await box.fill(who.name);
  await box.page().getByRole("option", { name: who.name }).first().click();
}

let number = 0;
/** A name that nobody else has, so that it can be chosen by. */
const somebody = (server: Server, name: string, language?: string) =>
  server.person({ name: `${name} ${++number}${Date.now() % 1_000_000}`, ...(language && { language }) });

describe("reassigning", () => {
  test("ticks Send Notification by itself on an activity, and unticking holds (A4)", async ({
    server,
    visit,
  }) => {
    const [mia, owen, nora] = [
      await somebody(server, "Mia Manager"),
      await somebody(server, "Owen Old"),
      await somebody(server, "Nora New"),
    ];
    await put(server, "activities", "a4", {
      label: "Call about the contract",
      assigned_to: owen.id,
      fields: { activity_type: "task" },
    });
    const record = new RecordPage(await (await visit({ as: mia })).open("/records/activities/a4"));
    await record.press("Edit");
    expect(await record.box.isChecked()).toBe(false);
    await choose(record.owner, nora);
    expect(await record.box.isChecked()).toBe(true);
    await record.box.uncheck();
    await record.save();
    await record.says("Assigned To", nora.name);
    expect(await toldTo(server, nora)).toEqual([]);

    await record.press("Edit");
    await choose(record.owner, owen);
    expect(await record.box.isChecked()).toBe(true);
    await record.save();
    expect(await toldTo(server, owen)).toMatchObject([{ type: "record_assigned" }]);
  });

  test("leaves the box to people where the setting is off, and other modules have none", async ({
    server,
    visit,
  }) => {
    const [mia, nora] = [await somebody(server, "Mia Manager"), await somebody(server, "Nora New")];
    await put(server, "activities", "off", { label: "Quiet task", fields: { activity_type: "task" } });
    await put(server, "contacts", "off", { label: "Jane Doe" });
    await set(server, "notifications", { assigned: { activities: false } });
    const record = new RecordPage(await (await visit({ as: mia })).open("/records/activities/off"));
    await record.press("Edit");
    await choose(record.owner, nora);
    expect(await record.box.isChecked()).toBe(false);
    await record.box.check();
    await record.save();
    expect(await toldTo(server, nora)).toMatchObject([{ type: "record_assigned" }]);
    await set(server, "notifications", { assigned: { activities: true } });

    await record.page.goto(`${server.origin}/records/contacts/off`);
    await record.press("Edit");
    await record.owner.waitFor();
    expect(await record.box.count()).toBe(0);
    const asked = record.page.waitForRequest((request) => request.method() === "PATCH");
    await choose(record.owner, nora);
    await record.save();
    expect((await asked).postDataJSON()).toEqual({ assigned_to: nora.id, version: 1 });
  });

  test("shows the Reassigned Date and the previous user in brackets (A3)", async ({ server, visit }) => {
    const [mia, owen, nora] = [
      await somebody(server, "Mia Manager"),
      await somebody(server, "Owen Old"),
      await somebody(server, "Nora New"),
    ];
    await put(server, "contacts", "a3", { label: "Jane Doe", assigned_to: owen.id });
    const record = new RecordPage(await (await visit({ as: mia })).open("/records/contacts/a3"));
    await record.says("Assigned To", owen.name);
    expect(await record.page.getByText("Reassigned Date").count()).toBe(0);
    await record.press("Edit");
    await choose(record.owner, nora);
    await record.save();
    await record.says("Assigned To", nora.name);
    await record.says("Previous Assigned User", `(${owen.name})`);
    await record.says("Reassigned Date", /\d{4}/);
    const history = record.section("History").getByRole("listitem").first();
    await history.getByText(owen.name).waitFor();
    await history.getByText(nora.name).waitFor();
    await history.getByText(`by ${mia.name}`).waitFor();
    await history.getByText("Modified(User)").waitFor();

    // A save without another owner leaves both as they are.
    await record.press("Edit");
    await record.page.getByLabel("Job Title").fill("Buyer");
    await record.save();
    await record.says("Job Title", "Buyer");
    await record.says("Previous Assigned User", `(${owen.name})`);
  });

  test("gives several another owner at once, and tells once (A7)", async ({ server, visit }) => {
    const [mia, owen, nora] = [
      await somebody(server, "Mia Manager"),
      await somebody(server, "Owen Old"),
      await somebody(server, "Nora New"),
    ];
    for (const name of ["One", "Two", "Three"])
      await put(server, "companies", `a7-${name}`, { label: `Bulk ${name}`, assigned_to: owen.id });
    const page = await (await visit({ as: mia })).open(`/records/companies?assigned_to=${owen.id}`);
    const rows = page.getByRole("list", { name: "Companies" }).getByRole("listitem");
    await eventually("three", 10_000, async () => (await rows.count()) === 3);
    await page.getByLabel("Select “Bulk One”").check();
    await page.getByLabel("Select “Bulk Two”").check();
    await page.getByText("2 selected").waitFor();
    await page.getByRole("button", { name: "Change Owner" }).click();
    const dialog = page.getByRole("dialog", { name: "Change Owner" });
    await dialog.getByRole("button", { name: "Update Owner" }).click();
    await dialog.getByRole("alert").waitFor();
    await choose(dialog.getByRole("combobox", { name: "Assigned To" }), nora);
    await dialog.getByRole("button", { name: "Update Owner" }).click();
    await page.locator(".toast", { hasText: "2 records have a new owner" }).waitFor();
    await eventually("one is left", 10_000, async () => (await rows.count()) === 1);
    expect(await stored(server, "companies", "a7-Two")).toMatchObject({
      assigned_to: nora.id,
      previous_assigned_to: owen.id,
    });
    expect(await toldTo(server, nora)).toHaveLength(1);
  });

  test("asks somebody else to do it, and keeps the request (A8)", async ({ server, visit }) => {
    const [mia, nora] = [await somebody(server, "Mia Manager"), await somebody(server, "Nora New")];
    await put(server, "companies", "a8", { label: "Initech", assigned_to: mia.id });
    const record = new RecordPage(await (await visit({ as: mia })).open("/records/companies/a8"));
    await record.press("Request reassign");
    const dialog = record.page.getByRole("dialog");
    await choose(dialog.getByRole("combobox", { name: "Whom to ask" }), nora);
    await dialog.getByLabel("Text").fill("Please give it to reception");
    await dialog.getByRole("button", { name: "Send request" }).click();
    await dialog.getByText(nora.name).waitFor();
    expect(await toldTo(server, nora)).toMatchObject([{ type: "reassign_request" }]);
    expect(await stored(server, "companies", "a8")).toMatchObject({ assigned_to: mia.id });
    await dialog
      .getByRole("listitem")
      .filter({ hasText: "The task to follow it up" })
      .getByRole("link")
      .click();
    await record.says("Status", "Not Started");
    await record.says("Assigned To", nora.name);
    await record.page.goBack();
    await record.page.getByRole("heading", { name: "Initech" }).waitFor();
  });
});

describe("a record", () => {
  test("is made, searched, changed field by field, and deleted", async ({ server, visit, person }) => {
    const visitor = await visit({ as: person });
    const { page } = new RecordPage(await visitor.open("/records"));
    await page.getByRole("link", { name: "Contacts", exact: true }).click();
    await page.getByRole("link", { name: "New Contact" }).click();
    const record = new RecordPage(page);
    await record.press("Create Contact");
    await page.getByRole("alert").filter({ hasText: "Give it a name." }).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Zoe Zebra");
    await page.getByLabel("First Name").fill("Zoe");
    await page.getByLabel("Birth Date").fill("1980-02-03");
    await page.getByLabel("Do Not Call").check();
    await page.getByLabel("Status").selectOption("Active");
    await record.press("Create Contact");
    await page.getByRole("heading", { name: "Zoe Zebra" }).waitFor();
    await record.says("Birth Date", "3 Feb 1980");
    await record.says("Do Not Call", "Yes");
    const id = page.url().split("/").at(-1) ?? "";
    await server.ask("PATCH", `/crm/record/contacts/${id}`, { fields: { weight: 7, tags: ["a"] } });

    await page.reload();
    await record.says("Weight", "7");
    await record.press("Edit");
    await page.getByLabel("Weight").fill("heavy");
    await record.press("Save");
    await page.getByRole("alert").filter({ hasText: "Write a number." }).waitFor();
    await page.getByLabel("Weight").fill("8.5");
    await page.getByLabel("First Name").fill("");
    const asked = page.waitForRequest((request) => request.method() === "PATCH");
    await record.save();
    expect((await asked).postDataJSON()).toEqual({ fields: { weight: 8.5, first_name: null }, version: 2 });
    expect((await stored(server, "contacts", id)).fields).toEqual({
      birth_date: "1980-02-03",
      do_not_call: true,
      status: "Active",
      tags: ["a"],
      weight: 8.5,
    });

    await page.getByRole("link", { name: "Contacts", exact: true }).click();
    await page.getByLabel("Search by name").fill("zeb");
    await page.waitForURL("**/records/contacts?q=zeb");
    const rows = page.getByRole("list", { name: "Contacts" }).getByRole("listitem");
    await eventually("one", 10_000, async () => (await rows.count()) === 1);
    await rows.getByRole("link", { name: "Zoe Zebra" }).click();
    await record.press("Delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete record" }).click();
    await page.locator(".toast", { hasText: "Record deleted" }).waitFor();
    visitor.watch.allow(/status of 404 .*\/crm\/record\/contacts/);
    await page.goto(`${server.origin}/records/contacts/${id}`);
    await page.getByRole("heading", { name: "There is no such record" }).waitFor();
  });

  test("is not overwritten where somebody else changed it meanwhile", async ({ server, visit, person }) => {
    await put(server, "contacts", "stale", { label: "Jane Doe", fields: { job_title: "Buyer" } });
    const visitor = await visit({ as: person });
    visitor.watch.allow(/status of 409 .*\/crm\/record\/contacts\/stale/);
    const record = new RecordPage(await visitor.open("/records/contacts/stale"));
    await record.press("Edit");
    await record.page.getByLabel("Job Title").fill("Owner");
    await put(server, "contacts", "stale", { label: "Jane Roe" });
    await record.press("Save");
    await record.page.getByRole("alert").filter({ hasText: "Somebody else changed this record" }).waitFor();
    await record.press("Reload");
    await record.page.getByRole("heading", { name: "Jane Roe" }).waitFor();
    await record.says("Job Title", "Buyer");
  });

  test("notifies people and groups by hand, and says what went where (M1)", async ({ server, visit }) => {
    const [mia, nora] = [await somebody(server, "Mia Manager"), await somebody(server, "Nora New")];
    const group = await server.ask("POST", "/crm/group", { name: `Reception ${mia.id}`, members: [ADA.id] });
    expect(group.status).toBe(201);
    for (const id of ["m1", "m1-twin"]) await put(server, "contacts", id, { label: "Janet Notified" });
    await eventually("both are found to be alike", 10_000, async () => {
      const answer = await server.ask("GET", "/crm/record/contacts/m1/duplicates");
      return ((await answer.json()) as { duplicates: unknown[] }).duplicates.length === 1;
    });
    const record = new RecordPage(await (await visit({ as: mia })).open("/records/contacts/m1"));
    // The pair has a button of its own, about the pair.
    await record.page.getByRole("button", { name: "Notify: Janet Notified", exact: true }).waitFor();
    await record.press("Notify");
    const dialog = record.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Send notification" }).click();
    await dialog.getByRole("alert").filter({ hasText: "Say whom to notify." }).waitFor();
    expect(await dialog.getByLabel("Subject").inputValue()).toBe("Notification About: Janet Notified");
    await choose(dialog.getByRole("combobox", { name: "People" }), nora);
    await dialog.getByRole("button", { name: `Remove ${nora.name}` }).waitFor();
    await dialog.getByLabel("Groups", { exact: true }).fill(`Reception ${mia.id}`);
    await dialog.getByLabel("Text").fill("Please call her back");
    await dialog.getByRole("button", { name: "Send notification" }).click();
    const went = record.page.getByRole("dialog", { name: "2 people are told" });
    await went
      .getByRole("listitem")
      .filter({ hasText: nora.name })
      .getByText(/by bell.* E-mail/)
      .waitFor();
    const told = await toldTo(server, nora);
    expect(told).toMatchObject([{ type: "manual", title: "Notification About: Janet Notified" }]);
  });

  test("is muted and heard of again", async ({ server, visit, person }) => {
    await put(server, "contacts", "mute", { label: "Jane Doe" });
    const record = new RecordPage(await (await visit({ as: person })).open("/records/contacts/mute"));
    await record.press("Mute");
    await record.page.locator(".toast", { hasText: "in the bell only" }).waitFor();
    await record.page.reload();
    await record.press("Unmute");
    const mutes = await server.askAs(person, "GET", "/crm/user/me/mute");
    await record.page.locator(".toast", { hasText: "by all your channels" }).waitFor();
    expect(mutes.status).toBe(200);
  });

  test("says why somebody was told, and why somebody was not", async ({ server, visit }) => {
    const nora = await somebody(server, "Nora New");
    await put(server, "contacts", "why", { label: "Jane Doe" });
    await server.ask("PATCH", "/crm/record/contacts/why", { assigned_to: nora.id });
    const record = new RecordPage(await (await visit({ as: nora })).open("/records/contacts/why"));
    const card = record.section("Why wasn’t somebody told?");
    await choose(card.getByRole("combobox", { name: "Person" }), nora);
    await card.getByRole("list", { name: "What was decided" }).getByText("told", { exact: true }).waitFor();
  });

  test("keeps strangers' words words", async ({ server, visit, person }) => {
    await put(server, "companies", "hostile", { label: HOSTILE });
    await put(server, "contacts", "hostile", {
      label: HOSTILE,
      link: "https://crm.example/%22%3E%3Cscript%3E",
      fields: {
        first_name: HOSTILE,
        company_id: "hostile",
        [HOSTILE.slice(0, 90)]: HOSTILE,
        tags: [HOSTILE],
        place: { [HOSTILE]: 1 },
      },
    });
    const record = new RecordPage(await (await visit({ as: person })).open("/records/contacts/hostile"));
    await record.page.getByRole("heading", { name: HOSTILE }).waitFor();
    await record.fact("Company").getByRole("link", { name: HOSTILE }).waitFor();
    expect((await scan(record.page)).faults).toEqual([]);
    await record.press("Edit");
    await record.page.getByRole("combobox", { name: "Company" }).fill("onerror");
    await record.page.getByRole("option", { name: HOSTILE }).waitFor();
    expect((await scan(record.page)).faults).toEqual([]);
    await record.page.goto(`${server.origin}/records/contacts?q=onerror`);
    await record.page.getByRole("link", { name: HOSTILE }).waitFor();
    expect((await scan(record.page)).faults).toEqual([]);
  });
});

describe("a record that another one names", () => {
  test("is chosen by a part of its name, and stands there by it", async ({ server, visit }) => {
    const mia = await somebody(server, "Mia Manager");
    await set(server, "audit", { fields: "sales_orders:company_id" });
    const [acme, globex] = [`Acme Harbour ${mia.id}`, `Globex Harbour ${mia.id}`];
    await put(server, "companies", `acme-${mia.id}`, { label: acme });
    await put(server, "companies", `globex-${mia.id}`, { label: globex });
    const visitor = await visit({ as: mia });
    const page = await visitor.open("/records/sales_orders?new=1");
    const record = new RecordPage(page);
    await page.getByLabel("Name", { exact: true }).fill("Forty pallets");
    const company = page.getByRole("combobox", { name: "Company", exact: true });
    await company.fill(`harbour ${mia.id}`);
    await page.getByRole("option", { name: globex }).waitFor();
    await page.getByRole("option", { name: acme }).click();
    expect(await company.inputValue()).toBe(acme);
    const asked = page.waitForRequest((request) => request.method() === "POST");
    await record.press("Create Sales Order");
    expect((await asked).postDataJSON()).toMatchObject({ fields: { company_id: `acme-${mia.id}` } });
    const link = record.fact("Company").getByRole("link", { name: acme, exact: true });
    expect(await link.getAttribute("title")).toBe(`acme-${mia.id}`);
    const order = page.url();

    // Whoever comes anew sees no id before the name.
    await page.goto(order);
    await link.click();
    await page.waitForURL(`**/records/companies/acme-${mia.id}`);
    await page.getByRole("heading", { name: acme }).waitFor();

    // By the keyboard alone: Enter may come before the answer.
    await page.goBack();
    await record.press("Edit");
    await company.focus();
    await page.keyboard.type("globex har");
    await page.keyboard.press("Enter");
    await eventually("chosen", 10_000, async () => (await company.inputValue()) === globex);
    await record.save();
    await record.fact("Company").getByRole("link", { name: globex, exact: true }).waitFor();
    const changed = record.section("History").getByRole("listitem").filter({ hasText: "Company" }).first();
    await changed.getByRole("link", { name: acme, exact: true }).waitFor();
    await changed.getByRole("link", { name: globex, exact: true }).waitFor();
    await set(server, "audit", { fields: "" });
  });

  test("may be one that Belfry does not know, or none", async ({ server, visit }) => {
    const mia = await somebody(server, "Mia Manager");
    const visitor = await visit({ as: mia });
    visitor.watch.allow(/status of 404 .*\/crm\/record\/companies\/elsewhere-7/);
    const order = `unknown-${mia.id}`;
    await put(server, "sales_orders", order, { label: "Forty pallets" });
    const page = await visitor.open(`/records/sales_orders/${order}`);
    const record = new RecordPage(page);
    const company = page.getByRole("combobox", { name: "Company", exact: true });
    await record.press("Edit");
    await company.fill("elsewhere-7");
    await page.getByText("Companies: nothing of this name").waitFor();
    // Nobody takes for an id what they mistyped.
    await company.press("Enter");
    expect(await company.getAttribute("aria-expanded")).toBe("true");
    await company.press("ArrowDown");
    await company.press("Enter");
    await record.save();
    expect((await stored(server, "sales_orders", order)).fields).toEqual({ company_id: "elsewhere-7" });
    await record.fact("Company").getByRole("link", { name: "elsewhere-7", exact: true }).waitFor();

    await page.reload();
    await record.fact("Company").getByRole("link", { name: "elsewhere-7", exact: true }).waitFor();
    await record.press("Edit");
    expect(await company.inputValue()).toBe("elsewhere-7");
    await company.fill("");
    await page
      .getByRole("listbox", { name: "Company" })
      .getByRole("option", { name: "None", exact: true })
      .click();
    await record.save();
    expect((await stored(server, "sales_orders", order)).fields).toEqual({});
  });

  test("may be of the module that one chooses first", async ({ server, visit }) => {
    const mia = await somebody(server, "Mia Manager");
    const quote = `Forty pallets ${mia.id}`;
    await put(server, "quotes", `q-${mia.id}`, { label: quote });
    await put(server, "activities", `about-${mia.id}`, { label: "Ring about it" });
    const page = await (await visit({ as: mia })).open(`/records/activities/about-${mia.id}`);
    const record = new RecordPage(page);
    await record.press("Edit");
    await page.getByLabel("Related Module").selectOption("Quotes");
    await page.getByRole("combobox", { name: "Related Record" }).fill(`pallets ${mia.id}`);
    await page.getByRole("option", { name: quote }).click();
    await record.save();
    expect((await stored(server, "activities", `about-${mia.id}`)).fields).toEqual({
      related_module: "quotes",
      related_id: `q-${mia.id}`,
    });
    await record.says("Related Module", "Quotes");
    await record.fact("Related Record").getByRole("link", { name: quote, exact: true }).waitFor();
  });
});

describe("a lead", () => {
  test("is converted without an opportunity, for a new owner (A9)", async ({ server, visit }) => {
    const [mia, nora] = [await somebody(server, "Mia Manager"), await somebody(server, "Nora New")];
    const company = `Initech ${mia.id}`;
    await put(server, "leads", "a9", {
      label: "Bill Lumbergh",
      assigned_to: mia.id,
      fields: { company, first_name: "Bill", last_name: "Lumbergh", status: "Qualified" },
    });
    const record = new RecordPage(await (await visit({ as: mia })).open("/records/leads/a9"));
    await record.press("Convert");
    const dialog = record.page.getByRole("dialog");
    expect(await dialog.getByLabel("Link to an existing company of this name").isChecked()).toBe(true);
    await choose(dialog.getByRole("combobox", { name: "New owner" }), nora);
    await dialog.getByLabel("Do not create an opportunity").check();
    await dialog.getByRole("button", { name: "Convert lead" }).click();
    const made = dialog.getByRole("list", { name: "What came of it" }).getByRole("listitem");
    await eventually("two", 10_000, async () => (await made.count()) === 2);
    await made.filter({ hasText: "Company:" }).getByRole("link").click();
    await record.page.getByRole("heading", { name: company }).waitFor();
    await record.says("Assigned To", nora.name);
    await record.page.goto(`${server.origin}/records/leads/a9`);
    await record.says("Status", "Converted");
    expect(await record.page.getByRole("button", { name: "Convert" }).count()).toBe(0);
  });
});

describe("the Reminders block", () => {
  test("says when people are reminded, and takes another time or none (R1, R3)", async ({
    server,
    visit,
  }) => {
    const zone = "America/New_York";
    const owner = await server.person({ name: `Rita Reminded ${++number}`, time_zone: zone });
    await put(server, "activities", "r3", {
      label: "Quarterly review",
      assigned_to: owner.id,
      fields: { activity_type: "meeting", starts_at: "2030-03-04T10:00", status: "Not Started" },
    });
    const record = new RecordPage(await (await visit({ as: owner })).open("/records/activities/r3"));
    const block = record.section("Reminders");
    const next = block.getByRole("list", { name: "Next reminders" }).getByRole("listitem");
    await block.getByLabel("Use the default (15 minutes before)").waitFor();
    await next.filter({ hasText: /09:45/ }).waitFor();
    await block.getByText(`Times of ${zone}`).waitFor();
    await record.says("Start", /10:00/);

    await block.getByRole("textbox", { name: "Hours" }).fill("1");
    await block.getByRole("textbox", { name: "Minutes" }).fill("30");
    expect(await block.getByRole("radio", { name: "Remind me" }).isChecked()).toBe(true);
    await block.getByRole("button", { name: "Save reminder" }).click();
    await next.filter({ hasText: /08:30/ }).waitFor();
    expect((await stored(server, "activities", "r3")).fields).toMatchObject({ reminder_minutes: 90 });

    await block.getByLabel("No reminder").check();
    await block.getByRole("button", { name: "Save reminder" }).click();
    await block.getByText("No reminder is to come.").waitFor();
    await block.getByLabel(/^Use the default/).check();
    await block.getByRole("button", { name: "Save reminder" }).click();
    await next.filter({ hasText: /09:45/ }).waitFor();
    expect((await stored(server, "activities", "r3")).fields).toEqual({
      activity_type: "meeting",
      starts_at: "2030-03-04T10:00",
      status: "Not Started",
    });
  });

  test("is chosen with a new activity, whose times are on its owner's clock", async ({ server, visit }) => {
    const zone = "Asia/Kathmandu";
    const owner = await server.person({ name: `Karma Clock ${++number}`, time_zone: zone });
    const page = await (await visit({ as: owner })).open("/records/activities?new=1");
    const record = new RecordPage(page);
    await page.getByLabel("Name", { exact: true }).fill("Call the office");
    await choose(record.owner, owner);
    await page.getByLabel("Activity Type").selectOption("call");
    await page.getByText(`On the clock of ${zone}`).first().waitFor();
    await page.getByLabel("Start", { exact: true }).fill("2030-03-04T10:00");
    await page.getByRole("textbox", { name: "Hours" }).fill("2");
    await page.getByRole("textbox", { name: "Minutes" }).fill("");
    await record.press("Create Activity");
    await page.getByRole("heading", { name: "Call the office" }).waitFor();
    const id = page.url().split("/").at(-1) ?? "";
    expect((await stored(server, "activities", id)).fields).toEqual({
      activity_type: "call",
      starts_at: "2030-03-04T10:00",
      reminder_on: true,
      reminder_minutes: 120,
    });
    const next = record.section("Reminders").getByRole("list", { name: "Next reminders" });
    await next.getByText(/08:00/).waitFor();
  });
});

test("records are not for customers", async ({ server, visit }) => {
  const customer = await server.person({ roles: ["customer"] });
  const page = await (await visit({ as: customer })).open("/records/contacts");
  await page.getByRole("heading", { name: "This page does not exist" }).waitFor();
  expect(await page.getByRole("link", { name: "Records" }).count()).toBe(0);
});

test(
  "axe finds nothing on any of these pages, in English and in German",
  { timeout: 180_000 },
  async ({ server, visit }) => {
    const found: string[] = [];
    for (const language of ["en", "de"] as const) {
      const isGerman = language === "de";
      const say = (english: string, german: string) => (isGerman ? german : english);
      const person = await somebody(server, "Alex Axe", language);
      const id = `axe-${language}`;
      const fields = { activity_type: "call", starts_at: "2030-03-04T10:00", weight: 7 };
      await put(server, "activities", id, { label: "To look at", assigned_to: ADA.id, fields });
      await put(server, "activities", id, { label: "To look at", assigned_to: person.id });
      await put(server, "leads", id, { label: "To convert", assigned_to: person.id });
      await put(server, "companies", id, { label: "To refer to" });
      await set(server, "audit", { fields: "sales_orders:company_id" });
      for (const company_id of ["", id])
        await put(server, "sales_orders", id, { label: "To refer from", fields: { company_id } });
      await set(server, "audit", { fields: "" });
      const page = await (await visit({ as: person })).open("/records");
      const look = async (state: string) =>
        void found.push(...(await violations(page, `${state}, ${language}`)));
      const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
      await page.getByRole("heading", { level: 2 }).first().waitFor();
      await look("modules");
      await page.goto(`${server.origin}/records/activities?assigned_to=me`);
      await page.getByRole("link", { name: "To look at" }).waitFor();
      await page.getByRole("checkbox").first().check();
      await look("list, ticked");
      await press(say("Change Owner", "Besitzer ändern"));
      await page.getByRole("dialog").getByRole("combobox").click();
      await page.getByRole("dialog").getByRole("option").first().waitFor();
      await look("change owner");
      await page.goto(`${server.origin}/records/activities/${id}`);
      await page.getByRole("heading", { name: "To look at" }).waitFor();
      await look("record");
      await press(say("Notify", "Benachrichtigen"));
      await look("notify");
      await page.keyboard.press("Escape");
      await press(say("Request reassign", "Um Zuweisung bitten"));
      await look("request");
      await page.keyboard.press("Escape");
      await press(say("Delete", "Löschen"));
      await look("delete");
      await page.keyboard.press("Escape");
      await press(say("Edit", "Bearbeiten"));
      await look("edit");
      await page.goto(`${server.origin}/records/sales_orders/${id}`);
      await page.getByRole("link", { name: "To refer to" }).nth(1).waitFor();
      await look("record that names another");
      await press(say("Edit", "Bearbeiten"));
      const company = page.getByRole("combobox", { name: say("Company", "Firma"), exact: true });
      await company.fill("to ref");
      await page.getByRole("option", { name: "To refer to" }).first().waitFor();
      await look("choosing a record");
      await company.fill("no such company");
      await page.getByRole("option", { disabled: true }).waitFor();
      await look("choosing an id");
      await page.goto(`${server.origin}/records/leads/${id}`);
      await press(say("Convert", "Umwandeln"));
      await look("convert");
      await page.goto(`${server.origin}/records/activities?new=1`);
      await page.getByLabel(say("Days", "Tage")).waitFor();
      await look("new");
      await page.goto(`${server.origin}/records/quotes?q=nothing`);
      await page.getByText(say("Nothing matches", "Nichts gefunden")).waitFor();
      await look("nothing found");
    }
    expect(found).toEqual([]);
  },
);
