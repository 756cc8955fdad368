// The bell, used by keyboard alone, by mouse, and by a screen reader.
import type { Page } from "playwright-core";
import { Bell } from "./harness/bell";
import { describe, eventually, expect, type Person, type Server, test, type Visitor } from "./harness/test";

/** A page that leaves everything to the bell: no router asks to be asked. */
const HOST = `<!doctype html>
<html lang="en">
  <head><title>Host</title><link rel="icon" href="data:,"><script src="/belfry-bell.js" defer></script></head>
  <body><h1>Host</h1><div style="display: flex; justify-content: end"><belfry-bell></belfry-bell></div></body>
</html>`;

async function host(visitor: Visitor, server: Server, body = HOST): Promise<Page> {
  await visitor.context.route("**/host", (route) => route.fulfill({ contentType: "text/html", body }));
  const page = await visitor.context.newPage();
  // What the bell says to its page, in order.
  await page.addInitScript(() => {
    const said: string[] = [];
    for (const name of ["belfry:open", "belfry:count", "belfry:click"])
      addEventListener(name, (event) => {
        const { count, notification } = (event as CustomEvent).detail ?? {};
        said.push([name, count ?? notification?.title].filter((part) => part !== undefined).join(" "));
      });
    Object.assign(window, { said });
  });
  await page.goto(`${server.origin}/host`);
  return page;
}

async function said(page: Page): Promise<string[]> {
  return await page.evaluate(() => (window as unknown as { said: string[] }).said);
}

/** How often the page asks to follow an inbox. */
async function follows(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const { held = [], pending = [] } = await navigator.locks.query();
    return [...held, ...pending].filter(({ name }) => name?.startsWith("belfry:")).length;
  });
}

/** How many unread ones the server counts. */
async function unread(server: Server, person: Person): Promise<number> {
  const headers = { Cookie: await server.cookie(person) };
  const answer = await fetch(`${server.origin}/crm/notification/unread-count`, { headers });
  return ((await answer.json()) as { unread_count: number }).unread_count;
}

/** Presses Tab until the keyboard is on what has this name. */
async function tabTo(bell: Bell, name: RegExp, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (name.test(await bell.focused())) return;
    await bell.page.keyboard.press(key);
  }
  throw new Error(`Tab never comes to ${name}`);
}

async function focus(bell: Bell, name: string | RegExp): Promise<void> {
  await eventually(`the keyboard on ${name}`, 5_000, async () => {
    const now = await bell.focused();
    if (typeof name === "string" ? now !== name : !name.test(now))
      throw new Error(`the keyboard is on "${now}", not on ${name}`);
    return true;
  });
}

describe("the bell by keyboard alone", () => {
  test("opens, moves, reads, archives, snoozes, undoes, loads older, marks all read, closes", async ({
    server,
    visit,
    person,
  }) => {
    await server.sendAll(
      person,
      Array.from({ length: 25 }, (_, index) => ({ title: `Number ${index + 1}` })),
    );
    const bell = new Bell(await host(await visit({ as: person }), server));
    const { keyboard } = bell.page;
    await bell.shows(25);
    await tabTo(bell, /^Notifications, 25 unread$/);

    await keyboard.press("Enter");
    await focus(bell, "Number 25");
    expect(await bell.button.getAttribute("aria-expanded")).toBe("true");
    await bell.row("Number 6").waitFor();
    expect(await said(bell.page)).toContain("belfry:open");
    expect(await unread(server, person)).toBe(25);

    await keyboard.press("ArrowDown");
    await focus(bell, "Number 24");
    await keyboard.press("j");
    await focus(bell, "Number 23");
    await keyboard.press("k");
    await keyboard.press("ArrowUp");
    await focus(bell, "Number 25");

    await keyboard.press("Shift+I");
    await bell.shows(24);
    expect(await bell.isUnread("Number 25")).toBe(false);
    await keyboard.press("z");
    await bell.shows(25);
    expect(await bell.isUnread("Number 25")).toBe(true);

    await keyboard.press("e");
    await bell.row("Number 25").waitFor({ state: "detached" });
    await bell.shows(24);
    await focus(bell, "Number 24");
    await keyboard.press("z");
    await bell.row("Number 25").waitFor();
    await bell.shows(25);

    await keyboard.press("h");
    await focus(bell, /^in 1 hour/);
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await bell.row("Number 24").waitFor({ state: "detached" });
    await bell.shows(24);
    // The way back by the button that stands there, too.
    await tabTo(bell, /^Undo$/);
    await keyboard.press("Enter");
    await bell.row("Number 24").waitFor();
    await bell.shows(25);

    await tabTo(bell, /^Load older$/);
    await keyboard.press("Enter");
    await bell.row("Number 1").waitFor();
    expect(await bell.rows.count()).toBe(25);
    expect(new Set(await bell.titles()).size).toBe(25);

    await tabTo(bell, /^Mark all as read$/, "Shift+Tab");
    await keyboard.press("Enter");
    await bell.shows(0);
    expect(await unread(server, person)).toBe(0);

    await keyboard.press("Escape");
    await bell.panel.waitFor({ state: "hidden" });
    await focus(bell, "Notifications");
    expect(await bell.button.getAttribute("aria-expanded")).toBe("false");
    const counts = (await said(bell.page)).filter((words) => words.startsWith("belfry:count"));
    expect(counts).toContain("belfry:count 24");
    expect(counts.at(-1)).toBe("belfry:count 0");
  });

  test("Escape closes the choice of snooze first, then the bell", async ({ server, visit, person }) => {
    await server.send(person, { title: "Only one" });
    const bell = new Bell(await host(await visit({ as: person }), server));
    await bell.shows(1);
    await bell.button.focus();
    await bell.page.keyboard.press("Enter");
    await focus(bell, "Only one");
    await bell.page.keyboard.press("h");
    await focus(bell, /^in 1 hour/);
    await bell.page.keyboard.press("Escape");
    await focus(bell, "Only one");
    expect(await bell.panel.isVisible()).toBe(true);
    await bell.page.keyboard.press("Escape");
    await bell.panel.waitFor({ state: "hidden" });
    await focus(bell, /^Notifications, 1 unread$/);
  });

  test("Enter on an item reads it and goes to its link", async ({ server, visit, person }) => {
    await server.send(person, { title: "With a link", link: "/host?ticket=42" });
    const visitor = await visit({ as: person });
    await visitor.context.route("**/host?*", (route) =>
      route.fulfill({ contentType: "text/html", body: HOST }),
    );
    const bell = new Bell(await host(visitor, server));
    await bell.shows(1);
    await bell.button.focus();
    await bell.page.keyboard.press("Enter");
    await focus(bell, "With a link");
    await bell.page.keyboard.press("Enter");
    await bell.page.waitForURL("**/host?ticket=42");
    await bell.shows(0);
    expect(await unread(server, person)).toBe(0);
  });
});

describe("the bell by mouse", () => {
  test("opening reads nothing; a click reads the item and goes to its link", async ({
    server,
    visit,
    person,
  }) => {
    await server.sendAll(person, [{ title: "Stays unread" }, { title: "Goes", link: "/host?ticket=1" }]);
    const visitor = await visit({ as: person });
    await visitor.context.route("**/host?*", (route) =>
      route.fulfill({ contentType: "text/html", body: HOST }),
    );
    const bell = new Bell(await host(visitor, server));
    await bell.shows(2);
    await bell.open();
    await bell.row("Goes").waitFor();
    await bell.page.mouse.click(5, 5);
    await bell.panel.waitFor({ state: "hidden" });
    expect(await unread(server, person)).toBe(2);

    await bell.open();
    await bell.row("Goes").getByRole("link").click();
    await bell.page.waitForURL("**/host?ticket=1");
    await bell.shows(1);
    await bell.open();
    await bell.row("Stays unread").waitFor();
    expect(await unread(server, person)).toBe(1);
  });

  test("a middle click opens the link in a new tab, reads the item, and leaves the page", async ({
    server,
    visit,
    person,
  }) => {
    await server.send(person, { title: "In a new tab", link: "/tickets/42" });
    const visitor = await visit({ as: person });
    const bell = new Bell(await host(visitor, server));
    await bell.shows(1);
    await bell.open();
    const [tab] = await Promise.all([
      visitor.context.waitForEvent("page"),
      bell.row("In a new tab").getByRole("link").click({ button: "middle" }),
    ]);
    await tab.waitForURL("**/tickets/42");
    expect(bell.page.url()).toBe(`${server.origin}/host`);
    await bell.shows(0);
    expect(await said(bell.page)).not.toContain("belfry:click In a new tab");
  });

  test("belfry:click is asked first: preventDefault keeps the page", async ({ server, visit, person }) => {
    await server.send(person, { title: "For the router", link: "/tickets/42" });
    const visitor = await visit({ as: person });
    const bell = new Bell(await visitor.open("/demo/crm"));
    const loaded = await bell.page.evaluate(() => performance.timeOrigin);
    await bell.shows(1);
    await bell.open();
    await bell.row("For the router").getByRole("link").click();
    await bell.page.getByText("this page's own router took over").waitFor();
    await bell.panel.waitFor({ state: "hidden" });
    await bell.shows(0);
    expect(bell.page.url()).toBe(`${server.origin}/demo/crm`);
    expect(await bell.page.evaluate(() => performance.timeOrigin)).toBe(loaded);
  });

  test("a link to another site opens in a tab of its own that cannot reach back", async ({
    server,
    visit,
    person,
  }) => {
    await server.send(person, { title: "Elsewhere", link: "https://status.example.com/db-3" });
    const bell = new Bell(await host(await visit({ as: person }), server));
    await bell.shows(1);
    await bell.open();
    const link = bell.row("Elsewhere").getByRole("link");
    expect(await link.getAttribute("target")).toBe("_blank");
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer");
    expect(await link.textContent()).toContain("status.example.com");
  });

  test("opened before it knows whose inbox it is, it follows that once", async ({
    server,
    visit,
    person,
  }) => {
    await server.send(person, { title: "There before" });
    const visitor = await visit({ as: person });
    const answers: (() => void)[] = [];
    await visitor.context.route("**/crm/auth/me", async (route) => {
      await new Promise<void>((answer) => answers.push(answer));
      await route.continue();
    });
    const bell = new Bell(await host(visitor, server));
    await bell.open();
    await eventually("the question", 5_000, () => answers.length > 0);
    for (const answer of answers) answer();
    await visitor.context.unroute("**/crm/auth/me");
    await bell.row("There before").waitFor();
    await eventually("the stream", 5_000, async () => (await follows(bell.page)) > 0);
    expect(await follows(bell.page)).toBe(1);
  });

  test("the badge stops at 99+", async ({ server, visit, person }) => {
    await server.sendAll(
      person,
      Array.from({ length: 99 }, (_, index) => ({ title: `Number ${index}` })),
    );
    const bell = new Bell(await host(await visit({ as: person }), server));
    await bell.shows(99);
    await server.send(person, { title: "One more" });
    await eventually("99+", 5_000, async () => (await bell.badge.textContent()) === "99+");
  });

  test("wherever it stands in the page, its dropdown is whole and in sight", async ({
    server,
    visit,
    person,
  }) => {
    await server.send(person, { title: "To be seen" });
    for (const [place, viewport] of [
      ["start", { width: 1280, height: 800 }],
      ["end", { width: 1280, height: 800 }],
      ["center", { width: 390, height: 780 }],
      ["start", { width: 390, height: 780 }],
      ["end", { width: 390, height: 780 }],
    ] as const) {
      const visitor = await visit({ as: person, viewport });
      const bell = new Bell(await host(visitor, server, HOST.replace("content: end", `content: ${place}`)));
      await bell.shows(1);
      await bell.open();
      const box = await bell.panel.boundingBox();
      if (!box) throw new Error("an open panel has a box");
      const where = `${place} at ${viewport.width}`;
      expect(box.width, where).toBeGreaterThanOrEqual(Math.min(360, viewport.width));
      expect(box.x, where).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width, where).toBeLessThanOrEqual(viewport.width);
      expect(box.y + box.height, where).toBeLessThanOrEqual(viewport.height);
    }
  });
});

describe("a screen reader", () => {
  test("hears of new ones from the bell at most once in 30 s", async ({ server, visit, person }) => {
    const visitor = await visit({ as: person });
    await visitor.context.clock.install();
    const bell = new Bell(await host(visitor, server));
    await bell.shows(0);
    await bell.page.evaluate(() => {
      const heard: string[] = [];
      const region = document.querySelector("belfry-bell")!.shadowRoot!.querySelector("output.unseen")!;
      new MutationObserver(() => heard.push(region.textContent ?? "")).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      Object.assign(window, { heard });
    });
    const heard = () =>
      bell.page.evaluate(() => (window as unknown as { heard: string[] }).heard.filter(Boolean));

    await server.send(person, { title: "First" });
    await bell.shows(1);
    await bell.page.clock.runFor(2_000);
    await eventually("the first to be told", 5_000, async () => (await heard()).length === 1);
    for (let number = 2; number <= 6; number++) {
      await server.send(person, { title: `Number ${number}` });
      await bell.shows(number);
      await bell.page.clock.runFor(4_000);
    }
    expect(await heard()).toEqual(["1 new notification"]);
    await bell.page.clock.runFor(12_000);
    expect(await heard()).toEqual(["1 new notification", "5 new notifications"]);
  });

  test("finds names, states and a way to close", async ({ server, visit, person }) => {
    await server.send(person, { title: "Spoken", message: "And said", link: "/tickets/42" });
    const bell = new Bell(await host(await visit({ as: person }), server));
    await bell.shows(1);
    expect(await bell.button.getAttribute("aria-haspopup")).toBe("dialog");
    expect(await bell.badge.getAttribute("aria-hidden")).toBe("true");
    await bell.open();
    expect(await bell.row("Spoken").getByRole("link").textContent()).toContain("Unread:");
    for (const name of ["Mark as read", "Snooze", "Archive"])
      expect(await bell.row("Spoken").getByRole("button", { name }).count()).toBe(1);
  });
});
