// What one says of oneself, and where one is signed in.
import type { Page } from "playwright-core";
import { de as deliveryDe } from "../centre/src/delivery/de";
import { en as deliveryEn } from "../centre/src/delivery/en";
import { de as choicesDe } from "../centre/src/profile/choices/de";
import { en as choicesEn } from "../centre/src/profile/choices/en";
import { de } from "../centre/src/text/de";
import { en } from "../centre/src/text/en";
import { Centre } from "./harness/centre";
import { describe, eventually, expect, PASSWORD, test } from "./harness/test";

describe("the profile", () => {
  test("a new name is kept and shown at once", async ({ visit, person }) => {
    const visitor = await visit({ as: person });
    const page = await visitor.open("/profile");
    await page.getByLabel("Name", { exact: true }).fill("Nadia Newname");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.getByRole("navigation", { name: "Pages" }).getByText("Nadia Newname").waitFor();
    await page.reload();
    await eventually("the name", 5_000, async () => {
      return (await page.getByLabel("Name", { exact: true }).inputValue()) === "Nadia Newname";
    });
  });

  test("a password that is wrong, short or not repeated is refused where it stands", async ({
    visit,
    person,
  }) => {
    const visitor = await visit({ as: person });
    visitor.watch.allow(/status of 40[03] .*\/crm\/user\/me/);
    const page = await visitor.open("/profile");
    const fill = async (current: string, password: string, again: string) => {
      await page.getByLabel("Current password").fill(current);
      await page.getByLabel("New password", { exact: true }).fill(password);
      await page.getByLabel("New password, once more").fill(again);
      await page.getByRole("button", { name: "Change password" }).click();
    };
    await fill(PASSWORD, "short", "short");
    await page.getByText("A password has at least 8 characters.").waitFor();
    await fill(PASSWORD, "long enough 1", "long enough 2");
    await page.getByText("The two new passwords differ.").waitFor();
    await fill("not the password", "long enough 1", "long enough 1");
    await eventually("a reason", 5_000, async () => {
      return /current password/i.test((await page.getByRole("alert").textContent()) ?? "");
    });
    await fill(PASSWORD, "long enough 1", "long enough 1");
    await page.getByText("Your password is changed").waitFor();
  });

  test("a time zone is found by a part of its name", async ({ server, visit, person }) => {
    await server.send(person, { title: "At a time" });
    const page = await (await visit({ as: person })).open("/profile");
    const zone = page.getByRole("combobox", { name: "Time zone" });
    await zone.fill("tokyo");
    await page.getByRole("option", { name: /Tokyo/ }).click();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Inbox" }).click();
    const time = new Centre(page).row("At a time").locator("time");
    const [at, said] = [await time.getAttribute("datetime"), await time.textContent()];
    const expected = new Intl.DateTimeFormat("en-GB", {
      timeZone: "Asia/Tokyo",
      hour: "2-digit",
      minute: "2-digit",
    });
    expect(said?.replace(/\D+/g, ":")).toContain(expected.format(new Date(at ?? "")).slice(-2));
  });
});

describe("in German", () => {
  test("no English is left on any page", async ({ server, visit, person }) => {
    await server.send(person, {
      title: "Titel",
      type: "billing_invoice",
      message: "Nachricht",
      link: "/tickets/42",
    });
    const visitor = await visit({ as: person, locale: "de-DE" });
    const page = await visitor.open("/profile");
    await page.getByLabel("Language").selectOption({ label: "Deutsch" });
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { name: de.profile.title, exact: true }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("de");
    await german(page, "profile");

    await page.goto(`${server.origin}/about`);
    await page.getByRole("heading", { name: de.about.title }).waitFor();
    await german(page, "about");

    await page.goto(`${server.origin}/inbox`);
    await page.getByRole("link", { name: /Titel/ }).click();
    await page.getByRole("heading", { name: "Titel" }).waitFor();
    await german(page, "inbox");
    for (const tab of ["snoozed", "archived"]) {
      await page.goto(`${server.origin}/inbox?tab=${tab}`);
      await page.getByText(tab === "snoozed" ? de.empty.snoozed : de.empty.archived).waitFor();
      await german(page, tab);
    }
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: de.keys.title }).waitFor();
    await german(page, "keys");
    await page.goto(`${server.origin}/inbox`);
    await page.getByRole("link", { name: /Titel/ }).focus();
    await page.keyboard.press("h");
    await page.getByRole("dialog", { name: de.snooze.title }).waitFor();
    await german(page, "snooze");
  });
});

describe("open sessions", () => {
  test("ending another ends it there within 5 s", async ({ visit, person }) => {
    const mac =
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";
    const here = await (await visit({ as: person })).open("/profile");
    const there = await (await visit({ as: person, userAgent: mac })).open("/inbox");
    await there.getByText("Nothing yet").waitFor();
    await here.reload();
    const sessions = here.getByRole("region", { name: "Open sessions" });
    await sessions.getByText("This device").waitFor();
    await sessions.getByRole("button", { name: "End session: Safari on macOS" }).click();
    await there.waitForURL("**/sign-in*", { timeout: 5_000 });
    await sessions.getByText("You are signed in nowhere else.").waitFor();
    expect(here.url()).toContain("/profile");
    await there.getByText("Your session has ended").waitFor();
  });
});

/** Strings of the English catalogue that German does not share, as the page would show them. */
const ENGLISH = new Set(
  [onlyIn(en, de), onlyIn(choicesEn, choicesDe), onlyIn(deliveryEn, deliveryDe)]
    .flat()
    .filter((text) => text.length > 2),
);

function onlyIn(catalogue: unknown, other: unknown): string[] {
  if (typeof catalogue === "string") return catalogue === other ? [] : [catalogue];
  if (typeof catalogue === "function") {
    // What is said of numbers and names, of such as no page of this test shows in both languages.
    const [one, two] = [catalogue, other].map((say) => (say as (...all: unknown[]) => string)(2, "x"));
    return one === two || !one ? [] : [one];
  }
  return Object.entries(catalogue as object).flatMap(([key, value]) =>
    onlyIn(value, (other as Record<string, unknown>)[key]),
  );
}

/** Fails for each text, name, title or placeholder that is English. */
async function german(page: Page, where: string): Promise<void> {
  const texts = await page.evaluate(() => {
    const found = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) found.add(node.textContent!.trim());
    for (const element of document.querySelectorAll("*"))
      for (const name of ["aria-label", "title", "placeholder", "alt"])
        found.add(element.getAttribute(name)?.trim() ?? "");
    found.add(document.title.split(" · ")[0]!.replace(/^\(\d+\) /, ""));
    return [...found];
  });
  const shared = new Set(["English"]);
  expect(
    texts.filter((text) => ENGLISH.has(text) && !shared.has(text)),
    where,
  ).toEqual([]);
}
