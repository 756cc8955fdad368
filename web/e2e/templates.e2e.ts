// The templates: an administrator words e-mails and documents, sees them before they are kept, and has them back.
import type { Page } from "playwright-core";
import { violations } from "./harness/axe";
import { scan } from "./harness/scan";
import { ADA, describe, eventually, expect, test } from "./harness/test";

const saved = (page: Page) => page.locator(".toast", { hasText: "Template saved" }).waitFor();
const source = (page: Page) => page.getByRole("textbox", { name: "MJML" });

/** What a letter shows, in the shadow root that keeps its styles apart. */
const letter = (page: Page) => page.locator(".mail");

describe("templates", () => {
  test("are made, seen, changed, had back and deleted", async ({ visit }) => {
    const visitor = await visit({ as: ADA });
    visitor.watch.allow(/status of 400 .*\/crm\/template/);
    const page = await visitor.open("/administration/templates");
    const mails = page.getByRole("region", { name: "E-mail templates" });
    await mails.getByRole("listitem").filter({ hasText: "used by Sales Order Settings" }).waitFor();
    await mails.getByRole("link", { name: "New e-mail template" }).click();

    // Whoever begins sees what there is to name.
    await page
      .getByRole("region", { name: "Variables" })
      .getByText("document.total", { exact: true })
      .waitFor();
    await page.getByLabel("Name").fill("Thank you");
    await page.getByLabel("Subject").fill("Thank you, {{ recipient.name }}");
    await source(page).fill("<mjml>\n<mj-body>\n{{ nothing }\n</mj-body></mjml>");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").filter({ hasText: "Line 3" }).waitFor();
    expect(await source(page).getAttribute("aria-invalid")).toBe("true");
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");

    await source(page).fill(
      "<mjml><mj-body><mj-section><mj-column><mj-text color='#00aa00'>Dear &amp; <b>kind</b> " +
        "{{ recipient.name }}</mj-text></mj-column></mj-section></mj-body></mjml>",
    );
    const preview = page.getByRole("region", { name: "Preview" });
    const right = await source(page).inputValue();
    await source(page).fill("<p>{{ contcat.label }}</p>");
    await preview.getByRole("button", { name: "Preview" }).click();
    await preview.getByRole("alert").filter({ hasText: "contcat" }).waitFor();
    await source(page).fill(right);
    await preview.getByRole("button", { name: "Preview" }).click();
    await letter(page)
      .getByText(/Dear & kind .+/)
      .waitFor();
    const colour = await letter(page)
      .getByText(/^Dear/)
      .evaluate((element) => getComputedStyle(element).color);
    expect(colour).toBe("rgb(0, 170, 0)");
    await preview.getByText(/^Thank you, .+/).waitFor();
    await preview.getByText("As plain text").click();
    await preview.locator("pre").filter({ hasText: "Dear & kind" }).waitFor();

    await page.getByRole("button", { name: "Save" }).click();
    await saved(page);
    await page.waitForURL(/\/administration\/templates\/\d+$/);
    await source(page).fill("<mjml><mj-body></mj-body></mjml>");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Have it back: Version 1" }).click();
    await eventually("the first wording", 10_000, async () =>
      (await source(page).inputValue()).includes("Dear &amp; <b>kind</b>"),
    );
    await page.getByRole("button", { name: "Delete" }).click();
    await page.waitForURL("**/administration/templates");
    await mails.getByRole("link", { name: "New e-mail template" }).waitFor();
    expect(await mails.getByRole("link", { name: "Thank you" }).count()).toBe(0);
  });

  test("of ours are had back as they were shipped", async ({ visit }) => {
    const page = await (await visit({ as: ADA })).open("/administration/templates");
    await page.getByRole("link", { name: "Ticket closed" }).click();
    const subject = page.getByLabel("Subject");
    const before = await subject.inputValue();
    await subject.fill("Closed for good");
    await page.getByRole("button", { name: "Save" }).click();
    await saved(page);
    expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(0);
    await page.getByRole("button", { name: "Back to the shipped text" }).click();
    await eventually("the shipped subject", 10_000, async () => (await subject.inputValue()) === before);
    await page.getByRole("link", { name: "All templates" }).click();
    const row = page.getByRole("listitem").filter({ hasText: "Ticket closed" });
    await row.waitFor();
    expect(await row.textContent()).not.toContain("changed");
  });

  test("of documents are seen as a PDF, and what is wrong is said", async ({ visit }) => {
    const visitor = await visit({ as: ADA });
    visitor.watch.allow(/status of 400 .*\/crm\/template/);
    const page = await visitor.open("/administration/templates");
    await page
      .getByRole("region", { name: "PDF templates" })
      .getByRole("link", { name: "Sales order" })
      .click();
    const answer = page.waitForResponse((response) => response.url().endsWith("/template/preview"));
    await page.getByRole("button", { name: "Preview" }).click();
    expect((await answer).headers()["content-type"]).toBe("application/pdf");
    const link = page.getByRole("link", { name: "Open the PDF" });
    await link.waitFor();
    expect(await link.getAttribute("href")).toMatch(/^blob:/);
    await page.getByRole("textbox", { name: "Typst" }).fill("#let = 3");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("alert").filter({ hasText: "Line 1" }).waitFor();
    expect(await link.count()).toBe(0);
  });
});

test("axe finds nothing on any of these pages", { timeout: 120_000 }, async ({ server, visit }) => {
  const german = await server.person({ name: "Anna Admin", language: "de", roles: ["admin"] });
  const found: string[] = [];
  for (const [language, who] of [
    ["en", ADA],
    ["de", german],
  ] as const) {
    const page = await (await visit({ as: who })).open("/administration/templates");
    const look = async (state: string) => {
      found.push(...(await violations(page, `${state}, ${language}`)));
      // A letter brings styles of its own, which are set on its elements.
      if ((await letter(page).count()) > 0) return;
      await page.setViewportSize({ width: 390, height: 780 });
      found.push(...(await scan(page)).faults.map((fault) => `${state}, ${language}, phone: ${fault}`));
      await page.setViewportSize({ width: 1280, height: 800 });
    };
    await page.getByRole("link", { name: "Ticket closed" }).waitFor();
    await look("templates");
    await page.getByRole("link", { name: "Ticket closed" }).click();
    await page.getByRole("button", { name: language === "de" ? "Vorschau" : "Preview" }).click();
    await letter(page).locator("a, p, div").first().waitFor();
    await look("template");
    await page.goto(`${server.origin}/administration/templates/new-pdf`);
    await page.getByRole("textbox").first().waitFor();
    await look("new document");
  }
  expect(found).toEqual([]);
});
