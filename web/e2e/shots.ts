// Takes the README's screenshots into docs/screenshots: `npm run shots`.
/// <reference types="node" />
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { Bell } from "./harness/bell";
import { Centre } from "./harness/centre";
import { ADA, expect, GRACE, test, type Visitor } from "./harness/test";

const FOLDER = resolve(import.meta.dirname, "../../docs/screenshots");

/** A README that is heavy is not read. */
const MOST_BYTES = 200_000;

const SIZES = {
  desktop: { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 1 },
  phone: { viewport: { width: 390, height: 700 }, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true },
};
const THEMES = ["light", "dark"] as const;

/** Where else Grace is signed in. */
const DEVICES = {
  desktop: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
  phone:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
};
const LAPTOP =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

async function shoot(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  // Whatever moves has come to rest.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path, animations: "disabled", caret: "hide" });
  const { size } = statSync(path);
  console.log(`${name}.png ${(size / 1000).toFixed(0)} kB`);
  expect(size, name).toBeLessThan(MOST_BYTES);
}

test("screenshots", { timeout: 180_000 }, async ({ server, visit }) => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const userAgent of Object.values(DEVICES)) await server.cookie(GRACE, userAgent);
  for (const [size, options] of Object.entries(SIZES)) {
    const visitor = await visit({ as: GRACE, locale: "en-GB", userAgent: LAPTOP, ...options });
    const admin = await visit({ as: ADA, locale: "en-GB", userAgent: LAPTOP, ...options });
    for (const colorScheme of THEMES) {
      const named = (what: string) => `${what}-${colorScheme}-${size}`;
      const open = (path: string) => openAs(visitor, path);
      const openAs = async (who: Visitor, path: string) => {
        const page = await who.context.newPage();
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.goto(server.origin + path);
        return page;
      };

      const bell = new Bell(await open("/demo/crm"));
      await bell.page.getByRole("button", { name: "Sign out" }).waitFor({ state: "attached" });
      await bell.page.waitForFunction(() => /\d/.test(document.title));
      await bell.open();
      await bell.rows.nth(1).waitFor();
      await shoot(bell.page, named("bell"));
      await bell.page.close();

      const centre = new Centre(await open("/inbox"));
      await centre.rows.nth(3).waitFor();
      if (size === "desktop") {
        await centre.rows.filter({ hasText: "Ticket #42 assigned to you" }).getByRole("link").first().click();
        await centre.preview.getByRole("article").waitFor();
      }
      await shoot(centre.page, named("inbox"));
      await centre.page.close();

      const profile = await open("/profile");
      await profile.getByText("Firefox on Windows").waitFor();
      await shoot(profile, named("profile"));
      await profile.getByText("Bell at once").first().waitFor();
      const choices = profile.getByRole("region", { name: "How you hear of things" });
      await choices.evaluate((card) => card.scrollIntoView({ block: "start" }));
      await shoot(profile, named("choices"));
      await profile.close();

      const deliveries = await openAs(admin, "/administration/deliveries");
      await deliveries.getByRole("list", { name: "Deliveries, newest first" }).waitFor();
      await deliveries.locator("button[aria-expanded]").first().click();
      await deliveries.getByRole("heading", { name: "Tries" }).waitFor();
      await shoot(deliveries, named("deliveries"));
      await deliveries.close();

      const record = await open("/records/activities/call-mia");
      await record.getByText("Use the default").waitFor();
      await record.getByRole("link", { name: "Mia Larsen", exact: true }).waitFor();
      await shoot(record, named("record"));
      await record.close();

      const settings = await openAs(admin, "/administration/settings/notifications");
      await settings.getByText("Notify the previous owner").first().waitFor();
      await shoot(settings, named("settings"));
      await settings.close();

      const outbox = await open("/demo/outbox");
      for (const [channel, what] of [
        ["Microsoft Teams", "outbox"],
        ["E-mail", "outbox-mail"],
      ] as const) {
        await outbox.goto(`${server.origin}/demo/outbox`);
        await outbox.locator("#items a").filter({ hasText: channel }).first().click();
        await outbox.getByRole("article").waitFor();
        if (channel === "E-mail") await outbox.frameLocator("iframe").locator("a").first().waitFor();
        await shoot(outbox, named(what));
      }
      await outbox.close();
    }
  }
});
