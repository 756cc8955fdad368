// What happens to an inbox shows at once, wherever its owner looks.
import type { Page } from "playwright-core";
import { Bell } from "./harness/bell";
import { Centre } from "./harness/centre";
import { describe, eventually, EVE, expect, GRACE, test, timed, type Visitor } from "./harness/test";

/** What the shows promise. */
const AT_ONCE_MS = 1_000;

const README = { type: "provision_complete", title: "Service Activated", link: "/services/167" };

describe("a notification shows the moment it is sent", () => {
  test("in the centre: the list, the count and the tab's title", async ({ server, visit }) => {
    const centre = new Centre(await (await visit({ as: GRACE })).open("/inbox"));
    await centre.rows.nth(2).waitFor();
    const before = Number(/^\((\d+)\)/.exec(await centre.page.title())?.[1] ?? 0);
    const loads = await navigations(centre.page);

    const title = "Sent while you look at the inbox";
    await server.send(GRACE, { ...README, title });
    const took = await timed(async () => {
      await centre.row(title).waitFor({ timeout: AT_ONCE_MS });
      await centre.counts(before + 1, AT_ONCE_MS);
    });
    expect(took).toBeLessThan(AT_ONCE_MS);
    expect((await centre.titles())[0]).toBe(title);
    expect(await centre.isUnread(title)).toBe(true);
    expect(await navigations(centre.page)).toBe(loads);
  });

  test("in the page of a CRM: the badge and the open dropdown", async ({ server, visit, person }) => {
    await server.send(person, { title: "There before" });
    const bell = new Bell(await (await visit({ as: person })).open("/demo/crm"));
    await bell.shows(1);
    await bell.open();
    await bell.row("There before").waitFor();
    const loads = await navigations(bell.page);

    await server.send(person, { ...README, title: "Sent while the bell is open" });
    const took = await timed(async () => {
      await bell.row("Sent while the bell is open").waitFor({ timeout: AT_ONCE_MS });
      await bell.shows(2, AT_ONCE_MS);
    });
    expect(took).toBeLessThan(AT_ONCE_MS);
    expect(await bell.titles()).toEqual(["Sent while the bell is open", "There before"]);
    expect(await navigations(bell.page)).toBe(loads);
  });

  test("from the page's sign-in on, without a reload", async ({ server, visit }) => {
    await server.send(EVE, { title: "Before signing in" });
    const page = await (await visit()).open("/demo/crm");
    const loads = await navigations(page);
    await page.getByRole("button", { name: "Eve Sales" }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    const bell = new Bell(page);
    await bell.open();
    await bell.row("Before signing in").waitFor();
    await server.send(EVE, { title: "After signing in" });
    await bell.row("After signing in").waitFor({ timeout: AT_ONCE_MS });
    expect(await navigations(page)).toBe(loads);
  });

  test("when the form of the pretend CRM sends it", async ({ visit }) => {
    const page = await (await visit({ as: EVE })).open("/demo/crm");
    const bell = new Bell(page);
    await page.getByRole("combobox", { name: "To" }).selectOption({ label: "Eve Sales (5)" });
    await page.locator("form").getByLabel("Title").fill("From the form");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("201: stored").waitFor();
    await bell.open();
    await bell.row("From the form").waitFor();
  });
});

describe("two tabs and a second browser agree", () => {
  test("on reading, archiving, deleting and mark all read", async ({ server, visit, person }) => {
    await server.sendAll(
      person,
      ["One", "Two", "Three", "Four", "Five"].map((title) => ({ title })),
    );
    const first = await visit({ as: person });
    const second = await visit({ as: person });
    const here = new Centre(await first.open("/inbox"));
    const beside = new Bell(await first.open("/demo/crm"));
    const there = new Centre(await second.open("/inbox"));
    await beside.shows(5);
    await beside.open();
    await beside.row("One").waitFor();
    for (const centre of [here, there]) await centre.row("One").waitFor();

    await here.link("Five").click();
    await within(async () => {
      await there.counts(4, AT_ONCE_MS);
      await beside.shows(4, AT_ONCE_MS);
      expect(await there.isUnread("Five")).toBe(false);
      expect(await beside.isUnread("Five")).toBe(false);
    });

    await there.press("Four", "Archive");
    await within(async () => {
      for (const centre of [here, there]) await centre.row("Four").waitFor({ state: "detached" });
      await beside.row("Four").waitFor({ state: "detached" });
      await here.counts(3, AT_ONCE_MS);
      await beside.shows(3, AT_ONCE_MS);
    });

    await beside.row("Three").hover();
    await beside.row("Three").getByRole("button", { name: "Archive" }).click();
    await within(async () => {
      for (const centre of [here, there]) await centre.row("Three").waitFor({ state: "detached" });
      await there.counts(2, AT_ONCE_MS);
    });

    // A deletion can be undone as long as its notice is there: closing that makes it so.
    await here.link("Five").click();
    await here.preview.getByRole("button", { name: "Delete" }).click();
    await here.toast.getByRole("button", { name: "Close" }).click();
    await within(async () => {
      await there.row("Five").waitFor({ state: "detached" });
      await beside.row("Five").waitFor({ state: "detached" });
    });

    await there.page.getByRole("button", { name: "Mark all as read" }).click();
    await within(async () => {
      for (const centre of [here, there]) await centre.counts(0, AT_ONCE_MS);
      await beside.shows(0, AT_ONCE_MS);
      expect(await here.isUnread("One")).toBe(false);
      expect(await beside.isUnread("One")).toBe(false);
    });
  });

  test("on what a program changes", async ({ server, visit, person }) => {
    const [id] = await server.sendAll(person, [{ title: "Only one" }]);
    const visitor = await visit({ as: person });
    const centre = new Centre(await visitor.open("/inbox"));
    await centre.row("Only one").waitFor();
    const headers = { Cookie: await server.cookie(person), Origin: server.origin };
    const answer = await fetch(`${server.origin}/crm/notification/${id}`, { method: "DELETE", headers });
    expect(answer.status).toBe(200);
    await centre.row("Only one").waitFor({ state: "detached", timeout: AT_ONCE_MS });
    await centre.counts(0, AT_ONCE_MS);
  });
});

describe("ten tabs hold one stream", () => {
  test("and hand it over when its tab closes, without loss or repetition", async ({
    server,
    visit,
    person,
  }) => {
    const streams = async () => await server.metric("belfry_streams_open");
    // Those of whoever has just gone may take a moment to end.
    await eventually("no stream of anybody else", 10_000, async () => (await streams()) === 0);
    // High enough for all rows: the centre keeps only those in the page that one sees.
    const visitor = await visit({ as: person, viewport: { width: 1000, height: 2_600 } });
    const pages: Page[] = [];
    for (let tab = 0; tab < 10; tab++) pages.push(await visitor.open(tab % 2 ? "/demo/crm" : "/inbox"));
    const bells = pages.filter((_, tab) => tab % 2).map((page) => new Bell(page));
    const centres = pages.filter((_, tab) => !(tab % 2)).map((page) => new Centre(page));

    await server.send(person, { title: "To all tabs" });
    for (const bell of bells) await bell.shows(1);
    for (const centre of centres) await centre.row("To all tabs").waitFor();
    expect(await streams()).toBe(1);

    for (let round = 1; round <= 3; round++) {
      const leader = await leaderOf(visitor);
      await server.send(person, { title: `Before ${round}` });
      const closed = leader.close();
      const sent = Array.from({ length: 5 }, (_, number) =>
        server.send(person, { title: `During ${round}.${number}` }),
      );
      await Promise.all([closed, ...sent]);
      await server.send(person, { title: `After ${round}` });
      const isLeft = ({ page }: { page: Page }) => page !== leader && !page.isClosed();
      const count = 1 + round * 7;
      for (const bell of bells.filter(isLeft)) await bell.shows(count);
      for (const centre of centres.filter(isLeft)) {
        await centre.counts(count);
        await centre.row(`After ${round}`).waitFor();
        const titles = await centre.titles();
        expect(titles.length).toBe(count);
        expect(new Set(titles).size).toBe(count);
      }
      await eventually("one stream", 10_000, async () => (await streams()) === 1);
    }
  });
});

describe("the server goes away and comes back on the same data", () => {
  test("bell and centre say so, then show what was sent meanwhile, once", async ({
    server,
    visit,
    person,
  }) => {
    await server.send(person, { title: "Before the stop" });
    const visitor = await visit({ as: person });
    const other = await visit({ as: person });
    for (const { watch } of [visitor, other])
      watch.allow(
        /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED|CONNECTION_RESET|EMPTY_RESPONSE|NETWORK)|status of 503/,
      );
    const bell = new Bell(await visitor.open("/demo/crm"));
    const centre = new Centre(await other.open("/inbox"));
    await bell.shows(1);
    await bell.open();
    await centre.row("Before the stop").waitFor();

    await server.stop();
    await bell.panel.getByText("Reconnecting").waitFor({ timeout: 30_000 });
    await centre.page.getByText("Reconnecting", { exact: false }).first().waitFor({ timeout: 30_000 });

    await server.start();
    await server.sendAll(person, [{ title: "Meanwhile one" }, { title: "Meanwhile two" }]);
    const wanted = ["Meanwhile two", "Meanwhile one", "Before the stop"];
    await eventually(
      "the list to be whole in the bell",
      40_000,
      async () => `${await bell.titles()}` === `${wanted}`,
    );
    await eventually("and in the centre", 40_000, async () => `${await centre.titles()}` === `${wanted}`);
    await bell.shows(3);
    await centre.counts(3);
    await bell.panel
      .getByText("Reconnecting")
      .waitFor({ state: "detached" })
      .catch(async () => {
        await bell.panel.getByText("Reconnecting").waitFor({ state: "hidden" });
      });
    await server.send(person, { title: "Live again" });
    await bell.row("Live again").waitFor();
    await centre.row("Live again").waitFor();
    expect((await centre.titles()).length).toBe(4);
  });
});

async function within(check: () => Promise<void>): Promise<void> {
  expect(await timed(check)).toBeLessThan(AT_ONCE_MS);
}

/** How often the page was loaded: the entry changes its name when it is reloaded. */
async function navigations(page: Page): Promise<string> {
  return await page.evaluate(() => String(performance.timeOrigin));
}

/** The tab that holds the lock on the stream. */
async function leaderOf(visitor: Visitor): Promise<Page> {
  for (const page of visitor.context.pages()) {
    const leads = await page.evaluate(async () => {
      const own = await navigator.locks.request(`who-am-i-${Math.random()}`, async (lock) => {
        const { held } = await navigator.locks.query();
        return held?.find(({ name }) => name === lock?.name)?.clientId;
      });
      const { held } = await navigator.locks.query();
      return held?.some(({ name, clientId }) => name?.startsWith("belfry:") && clientId === own);
    });
    if (leads) return page;
  }
  throw new Error("no tab leads");
}
