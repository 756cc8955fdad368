// The seven kinds of notification, each by its button in the demo: what it says comes true.
import { type Page } from "playwright-core";
import { de } from "../centre/src/records/de";
import { violations } from "./harness/axe";
import { Bell } from "./harness/bell";
import {
  ADA,
  describe,
  eventually,
  EVE,
  expect,
  GRACE,
  type Person,
  type Server,
  test,
} from "./harness/test";

const BEN: Person = { id: 2, email: "ben@example.com", name: "Ben Support" };
const CLEO: Person = { id: 3, email: "cleo@example.com", name: "Cleo Finance" };
const MAX: Person = { id: 4, email: "max@example.com", name: "Max Manager" };

/** How long something may take from a button to whom it concerns. */
const SOON_MS = 15_000;

const cookies = new Map<number, string>();

/** Lists somebody's notifications, newest first: signed in once, for servers bear few sign-ins a minute. */
async function inboxOf(server: Server, who: Person): Promise<{ type: string; title: string }[]> {
  const ask = async () => {
    const Cookie = cookies.get(who.id) ?? (await server.cookie(who));
    cookies.set(who.id, Cookie);
    const headers = { Cookie, Origin: server.origin };
    return await fetch(`${server.origin}/crm/notification?limit=50`, { headers });
  };
  let answer = await ask();
  // Where time ran for days, one signs in again.
  if (answer.status === 401) {
    cookies.delete(who.id);
    answer = await ask();
  }
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { notifications: { type: string; title: string }[] }).notifications;
}

/** Presses a button of the demo. Gives what it says came of it. */
async function press(page: Page, label: string): Promise<string> {
  const button = page.locator("#kinds").getByRole("button", { name: label, exact: true });
  await button.click();
  const said = button.locator("xpath=..").getByRole("status");
  await eventually(`what came of ${label}`, SOON_MS, async () =>
    /^Done/.test((await said.textContent()) ?? ""),
  );
  return (await said.textContent()) ?? "";
}

/** How often somebody was told of it, as soon as they were told at all. */
async function told(server: Server, who: Person, type: string, words: RegExp): Promise<number> {
  const found = async () =>
    (await inboxOf(server, who)).filter((one) => one.type === type && words.test(one.title));
  await eventually(`${type} for ${who.name}`, SOON_MS, async () => (await found()).length > 0);
  return (await found()).length;
}

/** Lets the server's time run until nine in the morning in a zone, unless it is past nine there. */
async function runUntilNine(server: Server, timeZone: string) {
  const { now } = (await (await server.ask("GET", "/demo/time")).json()) as { now: string };
  const there = new Date(now).toLocaleTimeString("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
  const [hour, minute] = there.split(":").map(Number);
  const minutes = 9 * 60 - (hour! * 60 + minute!);
  if (minutes > 0) expect((await server.ask("POST", "/demo/time", { minutes })).ok).toBe(true);
}

interface Caught {
  id: number;
  channel: string;
  to: string;
  subject: string;
  attachments: string[];
}

/** An e-mail to somebody, once it has come. */
async function mailTo(server: Server, to: string, words: RegExp): Promise<Caught> {
  return await eventually(`an e-mail to ${to}`, SOON_MS, async () => {
    const { items } = (await (await server.ask("GET", "/demo/outbox/items")).json()) as { items: Caught[] };
    return items.find((item) => item.channel === "email" && item.to === to && words.test(item.subject));
  });
}

describe("a button of the demo", () => {
  test("signs an order: who ships it gets it as a PDF, which opens", async ({ server, visit }) => {
    const page = await (await visit({ as: GRACE })).open("/demo/crm");
    await press(page, "Sign an order");
    expect(await told(server, BEN, "sales_order_status", /is now eSigned/)).toBe(1);
    const mail = await mailTo(server, BEN.email, /eSigned/);
    expect(mail.attachments).toEqual([expect.stringMatching(/^Sales Order .*\.pdf$/)]);

    await page.goto(`${server.origin}/demo/outbox#${mail.id}`);
    const file = page.getByRole("article").getByRole("link", { name: mail.attachments[0]! });
    const [download] = await Promise.all([page.waitForEvent("download"), file.click()]);
    expect(download.suggestedFilename()).toBe(mail.attachments[0]);
    const stream = await download.createReadStream();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const pdf = Buffer.concat(chunks);
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    expect(pdf.length).toBeGreaterThan(5_000);
  });

  test("exceeds a credit limit: it is refused, and overriding it is told to finance", async ({
    server,
    visit,
  }) => {
    const visitor = await visit({ as: MAX });
    visitor.watch.allow(/status of 409 .*\/crm\/record\/sales_orders/);
    const page = await visitor.open("/demo/crm");
    const refused = await press(page, "Exceed a credit limit");
    expect(refused).toMatch(/850\.00 GBP over its credit limit of 5000\.00 GBP/);
    const about = /overrode the credit limit of Tidewater Stores/;
    expect((await inboxOf(server, CLEO)).filter(({ title }) => about.test(title))).toEqual([]);
    await press(page, "Override it");
    expect(await told(server, CLEO, "credit_override", about)).toBe(1);
    expect((await inboxOf(server, MAX)).filter(({ title }) => about.test(title))).toEqual([]);
  });

  test("exceeds a credit limit in the centre: whoever may saves it all the same", async ({
    server,
    visit,
  }) => {
    const limited = { label: "Quayside Stores", fields: { credit_limit: 1_000, balance: 400 } };
    const order = { label: "SO-900", fields: { company_id: "quayside", status: "Created", total: 100 } };
    expect((await server.ask("PUT", "/crm/record/companies/quayside", limited)).ok).toBe(true);
    expect((await server.ask("PUT", "/crm/record/sales_orders/so-900", order)).ok).toBe(true);
    const visitor = await visit({ as: MAX });
    visitor.watch.allow(/status of 409 .*\/crm\/record\/sales_orders\/so-900/);
    const page = await visitor.open("/records/sales_orders/so-900");
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByLabel("Total", { exact: true }).fill("750");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "150.00 over its credit limit of 1000.00" }).waitFor();
    await page.getByRole("checkbox", { name: "Override the credit limit" }).check();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { name: "SO-900" }).waitFor();
    await page.getByRole("button", { name: "Edit", exact: true }).waitFor();
    expect(await told(server, CLEO, "credit_override", /Quayside Stores/)).toBe(1);
  });

  test("locks Eve out: two are told once, and an administrator lets her in again", async ({
    server,
    visit,
  }) => {
    const visitor = await visit({ as: ADA });
    visitor.watch.allow(/status of 401 .*\/crm\/auth\/login/);
    const page = await visitor.open("/demo/crm");
    await press(page, "Lock Eve out");
    for (const who of [ADA, MAX]) expect(await told(server, who, "user_locked_out", /Eve Sales/)).toBe(1);
    await expect(server.cookie(EVE)).rejects.toThrow(/sign-in of eve@example\.com/);
    await press(page, "Lock Eve out");
    // Something later has come, so that what is not there will not come either.
    await press(page, "Fail a provisioning job");
    await told(server, GRACE, "provision_failed", /Provisioning job \d+ failed/);
    for (const who of [ADA, MAX]) expect(await told(server, who, "user_locked_out", /Eve Sales/)).toBe(1);
    await press(page, "Let Eve in again");
    await server.cookie(EVE);
  });

  test("enters a contact twice: both stand in the list, and Notify is written already", async ({
    server,
    visit,
  }) => {
    const page = await (await visit({ as: EVE })).open("/demo/crm");
    await press(page, "Enter Mia once more");
    for (const who of [GRACE, EVE])
      expect(await told(server, who, "duplicate_created", /M\. Larsen/)).toBe(1);

    await page.goto(`${server.origin}/duplicates?module=contacts`);
    const pairs = page.getByRole("region", { name: "Likely duplicates" });
    const pair = pairs.getByRole("listitem").filter({ hasText: "M. Larsen" }).first();
    await pair.getByText("is the same address").waitFor();
    await pair.getByRole("button", { name: "Notify" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /^Remove .*Ben Support/ }).waitFor();
    expect(await dialog.getByLabel("Subject").inputValue()).toContain(
      "Possible duplicate: Contact M. Larsen",
    );
    expect(await dialog.getByRole("textbox", { name: "Text" }).inputValue()).toContain("Mia Larsen");
    await page.keyboard.press("Escape");

    await pair.getByRole("button", { name: "No duplicate" }).click();
    await page.getByText("No duplicates", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Dismissed ones" }).click();
    await page.getByText("dismissed by Eve Sales").waitFor();
    await page.getByRole("button", { name: "A duplicate after all" }).click();
    await page.getByText("No duplicates", { exact: true }).waitFor();
    await page.goto(`${server.origin}/records/contacts/mia-larsen`);
    const card = page.getByRole("region", { name: "Likely duplicates" });
    await card.getByRole("link", { name: "M. Larsen" }).waitFor();
    expect(await card.getByRole("link", { name: "Mia Larsen" }).count()).toBe(0);
  });

  test("comes from the customers' portal, and from other systems", async ({ server, visit }) => {
    const bell = new Bell(await (await visit({ as: GRACE })).open("/demo/crm"));
    await press(bell.page, "Upload a document");
    await press(bell.page, "Sign in the portal");
    await press(bell.page, "Fail a provisioning job");
    await told(server, GRACE, "provision_failed", /Provisioning job 311 failed/);
    await bell.open();
    const titles = (await bell.titles()).slice(0, 3);
    expect(titles).toEqual([
      "Provisioning job 311 failed",
      expect.stringMatching(/^Mia Larsen signed Sales Order .* in the portal$/),
      "Notification About: Plan.pdf",
    ]);
    await mailTo(server, GRACE.email, /Provisioning job 311 failed/);
  });

  test("mentions somebody in a comment, which stands on the ticket's page", async ({ server, visit }) => {
    const page = await (await visit({ as: MAX })).open("/demo/crm");
    await press(page, "Reply as the customer");
    await press(page, "Mention Grace");
    expect(await told(server, GRACE, "ticket_mention", /Ben Support mentioned you/)).toBe(1);
    expect(await told(server, BEN, "customer_reply", /Mia Larsen replied/)).toBe(1);
    expect(await told(server, MAX, "ticket_updated", /Ben Support commented/)).toBe(1);
    await page.goto(`${server.origin}/records/tickets/42`);
    const comments = page.getByRole("region", { name: "Comments" });
    await comments.getByRole("listitem").nth(1).waitFor();
    const said = await comments.getByRole("listitem").allTextContents();
    expect(said).toEqual([
      expect.stringContaining('@"Grace Sales" can you call Mia before noon?'),
      expect.stringMatching(/Mia Larsen\s*Customer/),
    ]);
  });

  test("sets Grace's appraisal: she and Max hear of it at nine where she is, or at once", async ({
    server,
    visit,
  }) => {
    const page = await (await visit({ as: ADA })).open("/demo/crm");
    await press(page, "Set Grace's appraisal");
    await runUntilNine(server, "Australia/Perth");
    for (const who of [GRACE, MAX])
      expect(await told(server, who, "personnel_date", /Grace Sales: Appraisal Date is in 14 days/)).toBe(1);
  });

  test("changes a record's owner, converts a lead and plans a call", async ({ server, visit }) => {
    const page = await (await visit({ as: ADA })).open("/demo/crm");
    const said = await press(page, "Give Joris Bakker to somebody else");
    const whose = said.includes("Eve") ? EVE : GRACE;
    expect(await told(server, whose, "record_assigned", /Joris Bakker/)).toBe(1);
    await press(page, "Convert a lead");
    expect(await told(server, EVE, "lead_converted", /Yara Haddad/)).toBe(1);
    await press(page, "Plan a call");
    const time = page.getByRole("region", { name: "Let time run" });
    await time.getByRole("button", { name: "1 minute", exact: true }).click();
    await told(server, GRACE, "activity_reminder", /Call with Joris Bakker/);
  });

  test("logs a ticket: its customer gets a letter, and support hears twice as time runs", async ({
    server,
    visit,
  }) => {
    const page = await (await visit({ as: ADA })).open("/demo/crm");
    const said = await press(page, "Log a ticket");
    expect(said).toContain("2 hours for severity Critical");
    const letter = await mailTo(server, "mia@northwind.example", /Antwerp is offline/);
    expect(letter.subject).toMatch(/^Your request \d+: /);

    const time = page.getByRole("region", { name: "Let time run" });
    const alerts = async () =>
      (await inboxOf(server, BEN)).filter(
        ({ type, title }) => type.startsWith("sla_") && /Antwerp/.test(title),
      );
    // Over a weekend too.
    for (let turn = 0; turn < 14 && (await alerts()).length < 2; turn++) {
      await time.getByRole("button", { name: "6 hours" }).click();
      await eventually("the time", SOON_MS, async () =>
        /6 hours later/.test((await time.textContent()) ?? "") ? true : null,
      );
    }
    const heard = (await alerts()).map(({ type }) => type);
    expect(heard).toEqual(["sla_breached", "sla_approaching"]);
  });
});

test("axe finds nothing in what the buttons lead to", { timeout: 120_000 }, async ({ server, visit }) => {
  const visitor = await visit({ as: ADA });
  visitor.watch.allow(/status of 409 .*\/crm\/record\/sales_orders/);
  const page = await visitor.open("/demo/crm");
  const found: string[] = [];
  await press(page, "Exceed a credit limit");
  await press(page, "Enter Mia once more");
  found.push(...(await violations(page, "buttons")));
  const looks = async (person: Person, language: "en" | "de") => {
    const own = await (await visit({ as: person })).open("/duplicates");
    await own.getByRole("link", { name: "M. Larsen" }).first().waitFor();
    found.push(...(await violations(own, `duplicates, ${language}`)));
    await own.goto(`${server.origin}/duplicates?module=leads`);
    await own.getByText(language === "de" ? de.duplicates.none : "No duplicates", { exact: true }).waitFor();
    found.push(...(await violations(own, `no duplicates, ${language}`)));
    await own.goto(`${server.origin}/records/tickets/42`);
    await own.getByRole("region", { name: language === "de" ? de.sla.title : "Response time" }).waitFor();
    found.push(...(await violations(own, `ticket, ${language}`)));
  };
  await looks(ADA, "en");
  await looks(await server.person({ name: "Gerda", language: "de" }), "de");
  expect(found).toEqual([]);
});
