// The delivery log and its settings, as administrators use them; nobody else sees them.
import type { Locator, Page } from "playwright-core";
import { violations } from "./harness/axe";
import { Receiver } from "./harness/receiver";
import { scan } from "./harness/scan";
import {
  ADA,
  afterAll,
  beforeAll,
  describe,
  eventually,
  expect,
  type Person,
  type Server,
  test,
} from "./harness/test";

/** What no page may take for more than words. */
const HOSTILE = '<img src=x onerror="__xss=1">\u001b[31mred\u202e\r\n<script>__xss=2</script>';

let receiver: Receiver;
beforeAll(async () => void (receiver = await Receiver.open()));
afterAll(() => receiver.close());

/** The log, in the words of its user. */
class LogPage {
  readonly page: Page;
  readonly rows: Locator;
  readonly lines: Locator;

  constructor(page: Page) {
    this.page = page;
    this.rows = page.getByRole("list", { name: "Deliveries, newest first" }).locator("> li");
    this.lines = this.rows.locator("button[aria-expanded]");
  }

  /** Narrows to one user, by a part of the name. */
  async only(who: Person): Promise<void> {
    const user = this.page.getByRole("combobox", { name: "User", exact: true });
    await user.fill(who.email.split("@")[0]!);
    await this.page.getByRole("option", { name: who.email }).click();
    await this.page.waitForURL(`**/administration/deliveries?user=${who.id}*`);
  }

  async states(): Promise<string[]> {
    return await this.rows.locator(".state").allTextContents();
  }

  /** Waits until these are the states on show, newest first. */
  async shows(...states: string[]): Promise<void> {
    await eventually(`the states ${states}`, 15_000, async () => {
      expect(await this.states()).toEqual(states);
      return true;
    });
  }
}

/** Somebody with a relay to Teams of ours, who hears by it alone. */
async function hearer(server: Server, name: string): Promise<Person> {
  const person = await server.person({ name });
  const choices = { receive_by: "webhook", webhook_url: receiver.url, webhook_kind: "teams" };
  expect((await server.askAs(person, "PUT", "/crm/user/me", choices)).status).toBe(200);
  return person;
}

/** Sends so many that are refused for good (Teams takes no message that is too large), and waits for that. */
async function fail(server: Server, person: Person, titles: string[]): Promise<void> {
  receiver.answer = { status: 413, body: HOSTILE };
  for (const title of titles) await server.send(person, { title, channels: ["webhook"] });
  await eventually("the failures", 15_000, async () => {
    const answer = await server.ask("GET", `/crm/delivery?user_id=${person.id}&channel=teams&state=final`);
    return ((await answer.json()) as { deliveries: unknown[] }).deliveries.length === titles.length;
  });
}

describe("the delivery log", () => {
  test("is for administrators only", async ({ server, visit, person }) => {
    const page = await (await visit({ as: person })).open("/administration/deliveries");
    await page.getByRole("heading", { name: "This page does not exist" }).waitFor();
    expect(await page.getByRole("link", { name: "Administration" }).count()).toBe(0);

    const admin = await (await visit({ as: ADA })).open("/inbox");
    await admin.getByRole("link", { name: "Administration" }).click();
    await admin.getByRole("heading", { name: "Administration" }).waitFor();
    await admin.getByText("Every delivery is accounted for.").waitFor();
    expect(await admin.evaluate(() => document.activeElement?.id)).toBe("main");
    expect(server.origin).toBe(new URL(admin.url()).origin);
  });

  test("is narrowed, opened, and says why; strangers' words stay words", async ({ server, visit }) => {
    const person = await hearer(server, "Wanda Webhook");
    await fail(server, person, ["Will fail"]);
    const log = new LogPage(await (await visit({ as: ADA })).open("/administration/deliveries"));
    const { page } = log;
    await log.only(person);
    // The e-mail that stands in for the webhook, and the webhook.
    await log.shows("Sent", "Failed");
    await page.getByLabel("State", { exact: true }).selectOption({ label: "Failed" });
    await log.shows("Failed");
    await log.lines.first().click();
    const row = log.rows.first();
    await row.getByText("Teams to Wanda Webhook").waitFor();
    await row.getByText("By a program, through the API").waitFor();
    await row.getByText("the other side refused it for good").waitFor();
    const words = row.getByRole("region", { name: "Its words:" });
    const said = (await words.textContent()) ?? "";
    for (const part of ['<img src=x onerror="__xss=1">', "[31mred\\u202e", "<script>__xss=2</script>"])
      expect(said).toContain(part);
    expect(said).not.toMatch(/[\0-\x08\v-\x1f\x7f-\x9f\u202a-\u202e]/);
    expect((await scan(page)).faults).toEqual([]);

    await row.getByRole("link", { name: "everything about it" }).click();
    await log.shows("Sent", "Failed");
    await log.lines.first().click();
    await log.rows.first().getByText("It stands in for another that failed").waitFor();
    await log.rows.first().getByRole("link", { name: "see it" }).click();
    await log.rows.nth(1).getByText("the other side refused it for good").waitFor();
    expect(await log.lines.nth(1).getAttribute("aria-expanded")).toBe("true");
    // The address says all of it.
    await page.reload();
    await log.rows.nth(1).getByText("the other side refused it for good").waitFor();
    await page.getByRole("button", { name: /Remove filter: only notification/ }).click();
    await page.waitForURL(/\/administration\/deliveries$/);
  });

  test("tries one again that failed, and shows that it arrived", async ({ server, visit }) => {
    const person = await hearer(server, "Rita Retry");
    await fail(server, person, ["Once more"]);
    const path = `/administration/deliveries?user=${person.id}&channel=teams`;
    const log = new LogPage(await (await visit({ as: ADA })).open(path));
    await log.shows("Failed");
    receiver.answer = { status: 202 };
    receiver.received.length = 0;
    await log.lines.first().focus();
    await log.page.keyboard.press("Enter");
    await log.rows.first().getByRole("button", { name: "Retry", exact: true }).click();
    await log.page.getByText("It is tried again", { exact: true }).waitFor();
    await log.shows("Sent");
    expect(receiver.received.length).toBe(1);
    await log.rows.first().getByText("202 arrived").waitFor();
    await log.rows.first().getByText("413 refused").waitFor();
    // It keeps itself up to date.
    await server.send(person, { title: "Another", channels: ["webhook"] });
    await log.shows("Sent", "Sent");
  });

  test("tries everything again that matches, after asking", async ({ server, visit }) => {
    const person = await hearer(server, "Bella Bulk");
    await fail(server, person, ["One", "Two", "Three"]);
    const log = new LogPage(
      await (await visit({ as: ADA })).open(`/administration/deliveries?user=${person.id}&channel=teams`),
    );
    await log.shows("Failed", "Failed", "Failed");
    receiver.answer = { status: 202 };
    await log.page.getByRole("button", { name: "Retry all that match…" }).click();
    const dialog = log.page.getByRole("dialog", { name: "Retry all that failed" });
    await dialog.getByText("for Bella Bulk, by Teams").waitFor();
    await dialog.getByRole("button", { name: "Retry them" }).click();
    await log.page.getByText("3 are tried again").waitFor();
    // Teams may not be sent to so fast: some may be carried along by another.
    await eventually("all of them to go out", 30_000, async () => {
      const states = await log.states();
      return states.length === 3 && states.every((state) => state === "Sent" || state === "Not sent");
    });
    expect(await log.states()).toContain("Sent");
  });

  test("leads from what was carried along to what carried it", async ({ server, visit }) => {
    const person = await hearer(server, "Finn Folded");
    receiver.answer = { status: 202 };
    const many = Array.from({ length: 8 }, (_, index) => ({
      title: `Number ${index}`,
      channels: ["webhook" as const],
    }));
    await server.sendAll(person, many);
    const log = new LogPage(
      await (await visit({ as: ADA })).open(`/administration/deliveries?user=${person.id}`),
    );
    await eventually("all of them to go out", 30_000, async () => {
      const states = await log.states();
      return states.length === 8 && states.every((state) => state === "Sent" || state === "Not sent");
    });
    const carried = log.rows.filter({ has: log.page.getByText("Not sent", { exact: true }) }).first();
    await carried.getByRole("button").first().click();
    await carried.getByText("another message carried it along").waitFor();
    await carried.getByRole("link", { name: "see it" }).click();
    const open = log.rows.filter({ has: log.page.locator("[aria-expanded=true]") });
    await open.getByText("202 arrived").waitFor();
    expect(await open.locator(".state").textContent()).toBe("Sent");
  });

  test("goes on to older ones, and stands still meanwhile", async ({ server, visit, person }) => {
    const many = Array.from({ length: 60 }, (_, index) => ({
      title: `Number ${index}`,
      channels: ["email" as const],
    }));
    await server.sendAll(person, many);
    const log = new LogPage(
      await (await visit({ as: ADA })).open(`/administration/deliveries?user=${person.id}`),
    );
    await eventually("a page", 10_000, async () => (await log.rows.count()) === 50);
    await log.page.getByRole("button", { name: "Show older" }).click();
    await eventually("all", 10_000, async () => (await log.rows.count()) === 60);
    await log.page.getByText("it stands still until you go back").waitFor();
    expect(await log.page.getByRole("button", { name: "Show older" }).count()).toBe(0);
    await log.page.getByRole("button", { name: "Back to the newest" }).click();
    await eventually("a page", 10_000, async () => (await log.rows.count()) === 50);
  });
});

describe("the delivery settings", () => {
  test("decide what programs' notifications go out by", async ({ server, visit, person }) => {
    const visitor = await visit({ as: ADA });
    visitor.watch.allow(/status of 400 .*\/crm\/settings\/delivery/);
    const page = await visitor.open("/administration/settings/delivery");
    const box = page.getByRole("checkbox", { name: "Invoice by E-mail" });
    const save = page.getByRole("button", { name: "Save delivery settings" });
    await box.check();
    await page.getByLabel("Address of the flow").fill("https://example.com/no/flow");
    await save.click();
    await page.getByRole("alert").filter({ hasText: "teams_flow_url" }).waitFor();
    await page.getByLabel("Another kind, of your own").fill("no_such_kind");
    await page.keyboard.press("Enter");
    await page.getByRole("checkbox", { name: "No such kind by E-mail" }).waitFor();
    await page.getByLabel("Address of the flow").fill("");
    await save.click();
    await page.getByRole("alert").filter({ hasText: "no_such_kind" }).waitFor();
    await page.getByRole("checkbox", { name: "No such kind by E-mail" }).uncheck();
    await box.check();
    await page.getByLabel("Address of the flow").fill("");
    await page.getByRole("radio", { name: /The card alone/ }).check();
    await save.click();
    await page.locator(".toast", { hasText: "Saved" }).waitFor();
    await page.reload();
    await box.waitFor();
    expect(await box.isChecked()).toBe(true);
    expect(await page.getByRole("radio", { name: /The card alone/ }).isChecked()).toBe(true);
    expect(await page.getByRole("checkbox", { name: "Payment by E-mail" }).isChecked()).toBe(false);

    await server.send(person, { title: "An invoice", type: "billing_invoice" });
    await server.send(person, { title: "A payment", type: "billing_payment" });
    const log = new LogPage(page);
    await page.goto(`${server.origin}/administration/deliveries?user=${person.id}`);
    await log.shows("Sent");
    await log.rows.first().getByText("An invoice").waitFor();

    await page.getByRole("link", { name: "Settings", exact: true }).click();
    await page.getByRole("link", { name: "Delivery Settings" }).click();
    await box.uncheck();
    await page.getByRole("radio", { name: /In a message/ }).check();
    await save.click();
    await page.locator(".toast", { hasText: "Saved" }).waitFor();
  });

  test("keep the address of the flow a secret", async ({ server, visit }) => {
    const page = await (await visit({ as: ADA })).open("/administration/settings/delivery");
    const flow =
      "https://prod-12.westeurope.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=topsecretabcd";
    const save = page.getByRole("button", { name: "Save delivery settings" });
    await page.getByLabel("Address of the flow").fill(flow);
    await save.click();
    await page.getByText("…abcd").waitFor();
    await page.reload();
    await page.getByText("…abcd").waitFor();
    expect(await page.content()).not.toContain("topsecret");
    await page.getByRole("button", { name: "Remove" }).click();
    await save.click();
    await page.getByRole("textbox", { name: "Address of the flow" }).waitFor();
    const answer = await server.askAs(ADA, "GET", "/crm/settings/delivery");
    expect(await answer.json()).toMatchObject({ settings: { teams_flow_url: "" } });
  });
});

test(
  "axe finds nothing on any of these pages, in English and in German",
  { timeout: 120_000 },
  async ({ server, visit }) => {
    const person = await hearer(server, "Axel Axe");
    await fail(server, person, ["To look at"]);
    const german = await server.person({ name: "Anna Admin", language: "de", roles: ["admin"] });
    const found: string[] = [];
    for (const [language, who] of [
      ["en", ADA],
      ["de", german],
    ] as const) {
      const page = await (await visit({ as: who })).open(`/administration/deliveries?user=${person.id}`);
      const log = new LogPage(page);
      const lines = page.locator("button[aria-expanded].line");
      await lines.nth(1).click();
      await page.locator("pre").waitFor();
      found.push(...(await violations(page, `log, ${language}`)));
      await page
        .getByRole("combobox", { name: language === "de" ? "Benutzer" : "User", exact: true })
        .click();
      await page.getByRole("option").nth(1).waitFor();
      found.push(...(await violations(page, `log, users, ${language}`)));
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /^(Retry all|Alle passenden)/ }).click();
      await page.getByRole("dialog").waitFor();
      found.push(...(await violations(page, `log, bulk, ${language}`)));
      await page.keyboard.press("Escape");
      await page.goto(`${server.origin}/administration/deliveries?user=${person.id}&channel=slack`);
      await page.getByText(language === "de" ? "Keine Zustellung passt" : "No delivery matches").waitFor();
      found.push(...(await violations(log.page, `log, empty, ${language}`)));
      await page.goto(`${server.origin}/administration/settings/delivery`);
      await page.getByRole("table").waitFor();
      found.push(...(await violations(page, `settings, ${language}`)));
    }
    expect(found).toEqual([]);
  },
);
