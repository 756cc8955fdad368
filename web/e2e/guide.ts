// Takes the guide's pictures into docs/guide/pictures: `npm run pictures`. The PDF becomes one by poppler's pdftoppm.
/// <reference types="node" />
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Locator, Page } from "playwright-core";
import { ADA, eventually, EVE, expect, GRACE, type Person, test } from "./harness/test";

const FOLDER = resolve(import.meta.dirname, "../../docs/guide/pictures");
const BEN: Person = { id: 2, email: "ben@example.com", name: "Ben Support" };
const CLEO: Person = { id: 3, email: "cleo@example.com", name: "Cleo Finance" };

/** A guide that is heavy is not read. */
const MOST_BYTES = 200_000;
const SOON_MS = 15_000;

const pathOf = (name: string) => join(FOLDER, `${name}.png`);

function weigh(name: string): void {
  const { size } = statSync(pathOf(name));
  console.log(`${name}.png ${(size / 1000).toFixed(0)} kB`);
  expect(size, name).toBeLessThan(MOST_BYTES);
}

/** A picture of a page, or of a part of it. */
async function shoot(what: Page | Locator, name: string): Promise<void> {
  const page = "page" in what ? what.page() : what;
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
  await what.screenshot({ path: pathOf(name), animations: "disabled", caret: "hide" });
  weigh(name);
}

async function press(page: Page, label: string): Promise<Locator> {
  const button = page.locator("#kinds").getByRole("button", { name: label, exact: true });
  await button.click();
  const item = button.locator("xpath=..");
  await item.getByText(/^Done/).waitFor({ timeout: SOON_MS });
  return item;
}

interface Caught {
  id: number;
  channel: string;
  to: string;
  subject: string;
}

test("pictures of the guide", { timeout: 240_000 }, async ({ server, visit }) => {
  mkdirSync(FOLDER, { recursive: true });
  const size = { viewport: { width: 1200, height: 760 }, locale: "en-GB" } as const;
  const visitor = await visit({ as: ADA, ...size });
  visitor.watch.allow(/status of 409 .*\/crm\/record\/sales_orders/);
  visitor.watch.allow(/status of 401 .*\/crm\/auth\/login/);
  const crm = await visitor.open("/demo/crm");
  const page = await visitor.open("/records");
  const outbox = await visitor.open("/demo/outbox");
  // Tall enough that nothing scrolls, and nothing sticks to the top of what does.
  await crm.setViewportSize({ width: 1200, height: 2600 });
  await outbox.setViewportSize({ width: 1200, height: 1150 });

  /** An e-mail as its reader sees it. */
  const mail = async (to: string, words: RegExp): Promise<Locator> => {
    const found = await eventually(`an e-mail to ${to}`, SOON_MS, async () => {
      const { items } = (await (await server.ask("GET", "/demo/outbox/items")).json()) as { items: Caught[] };
      return items.find((one) => one.channel === "email" && one.to === to && words.test(one.subject));
    });
    await outbox.goto(`${server.origin}/demo/outbox#${found.id}`);
    await outbox.reload();
    await outbox.frameLocator("iframe").locator("body *:visible").first().waitFor();
    await outbox.waitForTimeout(300);
    return outbox.getByRole("article");
  };
  /** Somebody's newest notification, opened. */
  const message = async (who: Person, words: RegExp): Promise<Locator> => {
    const own = await (await visit({ as: who, ...size })).open("/inbox");
    await own.locator("[data-row]").filter({ hasText: words }).first().getByRole("link").first().click();
    const found = own.getByRole("region", { name: "Notification", exact: true }).getByRole("article");
    await found.waitFor();
    return found;
  };
  const group = async (name: string) => {
    await page.goto(`${server.origin}/administration/settings/${name}`);
    await page.getByRole("button", { name: "Save", exact: true }).waitFor();
    return page.locator("section.card");
  };

  const refused = await press(crm, "Exceed a credit limit");
  await shoot(crm.locator("#kinds"), "demo-buttons");
  await shoot(refused, "credit-refused");
  await press(crm, "Override it");
  await shoot(await message(CLEO, /overrode the credit limit/), "credit-told");

  await press(crm, "Lock Eve out");
  await page.goto(`${server.origin}/inbox`);
  await shoot(await message(ADA, /Eve Sales/), "lockout");
  await press(crm, "Let Eve in again");

  await press(crm, "Sign an order");
  const order = await mail(BEN.email, /eSigned/);
  await shoot(order, "order-mail");
  const [download] = await Promise.all([
    outbox.waitForEvent("download"),
    order.getByRole("link", { name: /\.pdf$/ }).click(),
  ]);
  const [pdf, to] = [await download.path(), pathOf("order-pdf").slice(0, -".png".length)];
  execFileSync("pdftoppm", ["-png", "-r", "72", "-singlefile", "-gray", pdf, to]);
  weigh("order-pdf");

  await shoot(await group("sales_orders"), "settings-sales-orders");
  await shoot(await group("personnel"), "personnel-rules");
  await group("company");
  await shoot(page, "company-hours");

  await press(crm, "Enter Mia once more");
  await page.goto(`${server.origin}/duplicates`);
  await page.getByRole("link", { name: "M. Larsen" }).waitFor();
  await shoot(page, "duplicates");

  await press(crm, "Sign in the portal");
  await shoot(await mail(GRACE.email, /signed Sales Order/), "portal-mail");

  const said = await press(crm, "Log a ticket");
  expect(await said.textContent()).toContain("Due on");
  await shoot(await mail("mia@northwind.example", /Antwerp is offline/), "ticket-letter");
  await page.goto(`${server.origin}/records/tickets`);
  await page.getByRole("link", { name: "Antwerp is offline" }).first().click();
  const sla = page.getByRole("region", { name: "Response time" });
  await sla.waitFor();
  await shoot(sla, "ticket-sla");
  await page.goto(`${server.origin}/support`);
  await page.getByRole("checkbox", { name: EVE.name }).waitFor();
  await shoot(page.locator("section.card"), "support-users");

  await page.goto(`${server.origin}/administration/templates`);
  await page.getByRole("link", { name: "Ticket closed" }).waitFor();
  await shoot(page, "templates");
  await page.setViewportSize({ width: 1200, height: 1150 });
  await page.getByRole("link", { name: "Sales order status" }).click();
  await page.getByRole("button", { name: "Preview" }).click();
  await page.locator(".mail div").first().waitFor();
  await page
    .getByRole("region", { name: "Preview" })
    .evaluate((card) => card.scrollIntoView({ block: "end" }));
  await page
    .getByRole("textbox", { name: "MJML" })
    .evaluate((box) => box.scrollIntoView({ block: "start", behavior: "instant" }));
  await shoot(page, "template-editor");
});
