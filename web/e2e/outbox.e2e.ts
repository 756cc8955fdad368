// A newcomer sees everything that the demo sends, each as its receiver sees it, without an account anywhere.
import type { Locator, Page } from "playwright-core";
import { violations } from "./harness/axe";
import { describe, eventually, EVE, expect, GRACE, type Server, test } from "./harness/test";

const BEN = { id: 2, email: "ben@example.com", name: "Ben Support" };
const CLEO = { id: 3, email: "cleo@example.com", name: "Cleo Finance" };

/** How long something may take from its send to the page, which asks every second. */
const SOON_MS = 10_000;

/** The outbox, in the words of whoever looks into it. */
class Outbox {
  readonly page: Page;
  readonly rows: Locator;
  readonly article: Locator;

  constructor(page: Page) {
    this.page = page;
    this.rows = page.getByRole("region", { name: "Sent" }).locator("ol > li");
    this.article = page.getByRole("article");
  }

  row(channel: string, title: string): Locator {
    const of = this.rows.filter({ has: this.page.getByText(channel, { exact: true }) });
    return of.filter({ has: this.page.getByText(title, { exact: true }) }).first();
  }

  /** Opens one as soon as it is there. */
  async read(channel: string, title: string): Promise<Locator> {
    const link = this.row(channel, title).getByRole("link");
    await link.click({ timeout: SOON_MS });
    await this.article.getByRole("heading", { name: title, level: 2 }).waitFor();
    // What was read before may have the same title.
    await this.article.getByText(`${channel} to `).waitFor();
    return this.article;
  }
}

async function send(server: Server, to: { id: number }, title: string, channels: string[], more = {}) {
  const wish = { user_id: to.id, type: "ticket_assigned", title, channels, link: "/tickets/42", ...more };
  const answer = await server.ask("POST", "/crm/notification/send", wish);
  expect(answer.status, await answer.clone().text()).toBe(201);
}

interface Items {
  items: { channel: string; subject: string; body?: unknown }[];
  addresses: { channel: string; url: string }[];
}

async function items(server: Server): Promise<Items> {
  return (await (await server.ask("GET", "/demo/outbox/items")).json()) as Items;
}

describe("what a demo sends is shown as its receiver sees it", () => {
  test("something is there from the start, by each way out", async ({ server }) => {
    await eventually("an e-mail, two cards and a webhook", SOON_MS, async () => {
      const channels = new Set((await items(server)).items.map(({ channel }) => channel));
      return ["email", "teams", "ringcentral", "webhook"].every((channel) => channels.has(channel));
    });
  });

  test("an empty outbox says what to do, and does it", async ({ server, visit }) => {
    const page = await (await visit()).open("/demo/crm");
    await page.getByRole("button", { name: "Grace Sales" }).click();
    await page.getByRole("link", { name: "Outbox", exact: true }).click();
    const outbox = new Outbox(page);
    await outbox.rows.first().waitFor();
    await page.getByRole("button", { name: "Empty" }).click();
    await page.getByRole("heading", { name: "Nothing has been sent yet: try this" }).waitFor();
    const command = await page.getByLabel("Command").textContent();
    expect(command).toContain(`curl -X POST ${server.origin}/crm/notification/send`);
    expect(server.output()).toContain(command!.split("\n").at(-1)!.trim());
    await page.getByRole("button", { name: "Send it from here" }).click();
    await outbox.row("E-mail", "Service Activated").waitFor({ timeout: SOON_MS });
    await outbox.row("Microsoft Teams", "Service Activated").waitFor({ timeout: SOON_MS });
    await page.getByRole("link", { name: "Pretend CRM" }).click();
    await page.getByRole("heading", { name: "Northwind Logistics" }).waitFor();
  });

  test("an e-mail: its headers, HTML, text and source", async ({ server, visit }) => {
    const outbox = new Outbox(await (await visit()).open("/demo/outbox"));
    const title = "Ticket #42 – Größe <b>geändert</b>";
    await send(server, EVE, title, ["email"], { message: "First line\n\nSecond paragraph" });
    const mail = await outbox.read("E-mail", title);
    await mail.getByText(`E-mail to ${EVE.email}`).waitFor();
    for (const header of ["From", "To", "Subject", "Message-ID"]) {
      await mail
        .locator("dt", { hasText: new RegExp(`^${header}$`, "i") })
        .first()
        .waitFor();
    }
    const shown = outbox.page.frameLocator("iframe.mail");
    await shown.getByText(title).first().waitFor();
    await shown.getByText("Second paragraph", { exact: true }).waitFor();
    const [opened] = await Promise.all([
      outbox.page.context().waitForEvent("page"),
      shown.locator("a[href$='/tickets/42']").first().click(),
    ]);
    await opened.waitForURL(`${server.origin}/tickets/42`);
    await opened.close();

    await mail.getByRole("tab", { name: "HTML" }).press("ArrowRight");
    expect(await mail.getByRole("tabpanel").textContent()).toContain("Second paragraph");
    await mail.getByRole("tab", { name: "Text", selected: true }).press("ArrowRight");
    await mail.getByRole("tabpanel").getByText("MIME-Version: 1.0").waitFor();
  });

  test("cards, as Teams and RingCentral show them", async ({ server, visit }) => {
    const outbox = new Outbox(await (await visit()).open("/demo/outbox"));
    for (const [to, channel, title] of [
      [GRACE, "Microsoft Teams", "*Router* at [Northwind](https://evil.example) <b>down</b>"],
      [BEN, "RingCentral", "SLA _at risk_ & 1. more"],
    ] as const) {
      const more = { message: "Every night", metadata: { severity: "High", customer: "Acme" } };
      await send(server, to, title, ["webhook"], more);
      const article = await outbox.read(channel, title);
      const message = article.getByRole("region", { name: `Message in ${channel}` });
      await message.locator(".ac-textBlock", { hasText: title }).first().waitFor();
      await message.getByText("Every night").waitFor();
      await message.getByText("Acme").waitFor();
      expect(await message.getByRole("list", { name: "What is wrong with the card" }).count()).toBe(0);
      expect(await message.locator("a").count()).toBe(0);
      const [opened] = await Promise.all([
        outbox.page.context().waitForEvent("page"),
        message.locator("button").first().click(),
      ]);
      await opened.waitForURL(`${server.origin}/tickets/42`);
      await opened.close();
      await article.getByText("JSON of the request").click();
      await article.getByRole("region", { name: "Body" }).getByText('"AdaptiveCard"').waitFor();
    }
  });

  test("a webhook, with its signature", async ({ server, visit }) => {
    const outbox = new Outbox(await (await visit()).open("/demo/outbox"));
    await send(server, CLEO, "Signed and sealed", ["webhook"]);
    const article = await outbox.read("Webhook", "Signed and sealed");
    await article.getByText("Signature verified").waitFor();
    await article.getByText("webhook-signature").waitFor();
    await article.getByRole("region", { name: "Body" }).getByText('"Signed and sealed"').waitFor();

    const { addresses } = await items(server);
    const url = addresses.find(({ channel }) => channel === "webhook")!.url;
    await fetch(url, { method: "POST", body: JSON.stringify({ type: "forged" }) });
    await (await outbox.read("Webhook", "forged")).getByText("The signature is not the one").waitFor();
  });

  test("Slack and Google Chat, by the addresses that the page gives", async ({ server, visit, person }) => {
    const outbox = new Outbox(await (await visit()).open("/demo/outbox"));
    await outbox.page.getByText("Addresses to try").click();
    for (const [kind, channel] of [
      ["slack", "Slack"],
      ["google_chat", "Google Chat"],
    ] as const) {
      const term = outbox.page.locator("#address-list div", {
        has: outbox.page.getByText(channel, { exact: true }),
      });
      const url = await term.locator("code").textContent();
      const choice = { receive_by: "webhook", webhook_url: url, webhook_kind: kind };
      expect((await server.ask("PUT", `/crm/user/${person.id}`, choice)).status).toBe(200);
      await send(server, person, `To ${channel}`, ["webhook"]);
      await eventually(`a message in ${channel}`, SOON_MS, async () =>
        (await items(server)).items.some((item) => item.channel === kind),
      );
      await outbox.rows.filter({ hasText: channel }).first().getByRole("link").click();
      const message = outbox.article.getByRole("region", { name: `Message in ${channel}` });
      await message.getByText(`To ${channel}`).first().waitFor();
    }
  });

  test("webhooks are still caught after a restart, at other ports", async ({ server, visit }) => {
    const before = (await items(server)).addresses[0]!.url;
    await server.stop();
    await server.start();
    expect((await items(server)).addresses[0]!.url).not.toBe(before);
    const outbox = new Outbox(await (await visit()).open("/demo/outbox"));
    await send(server, CLEO, "After the restart", ["webhook"]);
    const article = await outbox.read("Webhook", "After the restart");
    await article.getByText("Signature verified").waitFor();
  });
});

describe("the outbox is for everybody", () => {
  test("by keyboard", async ({ server, visit }) => {
    await send(server, CLEO, "The older", ["webhook"]);
    const { page, ...outbox } = new Outbox(await (await visit()).open("/demo/outbox"));
    await outbox.rows.filter({ hasText: "The older" }).waitFor({ timeout: SOON_MS });
    await send(server, CLEO, "The newer", ["webhook"]);
    await outbox.rows.first().filter({ hasText: "The newer" }).waitFor({ timeout: SOON_MS });
    await outbox.rows.first().getByRole("link").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "The older", level: 2 }).waitFor();
    expect(await outbox.rows.nth(1).getByRole("link").getAttribute("aria-current")).toBe("true");
    await page.getByLabel("Channel").selectOption({ label: "Slack" });
    await page.getByText("Nothing went by this channel yet").or(outbox.rows.first()).first().waitFor();
  });

  test("on a phone, one after the other", async ({ server, visit }) => {
    await send(server, CLEO, "On a phone", ["webhook"]);
    const visitor = await visit({ viewport: { width: 390, height: 700 } });
    const outbox = new Outbox(await visitor.open("/demo/outbox"));
    expect(await outbox.article.count()).toBe(0);
    const article = await outbox.read("Webhook", "On a phone");
    expect(await outbox.rows.first().isVisible()).toBe(false);
    const width = await outbox.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(390);
    await article.getByRole("link", { name: "← All that was sent" }).click();
    await outbox.rows.first().waitFor();
  });

  test("axe finds nothing", async ({ server, visit }) => {
    const outbox = new Outbox(await (await visit()).open("/demo/outbox"));
    const found: string[] = [];
    const title = "Looked at";
    const more = { message: "Two\n\nparagraphs", metadata: { customer: "Acme", severity: "High" } };
    for (const to of [GRACE, BEN, CLEO]) await send(server, to, title, ["email", "webhook"], more);
    for (const channel of ["E-mail", "Microsoft Teams", "RingCentral", "Webhook"]) {
      await outbox.read(channel, title);
      for (const fold of await outbox.page.locator("summary").all()) await fold.click();
      found.push(...(await violations(outbox.page, channel)));
    }
    await outbox.page.getByRole("button", { name: "Empty" }).click();
    await outbox.page.getByRole("heading", { name: "Nothing has been sent yet: try this" }).waitFor();
    found.push(...(await violations(outbox.page, "empty")));
    expect(found).toEqual([]);
  });
});
