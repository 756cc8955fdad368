// The notification centre, as somebody uses it all day.
import { Centre } from "./harness/centre";
import { describe, eventually, expect, GRACE, PASSWORD, type Server, test } from "./harness/test";

const named = (...titles: string[]) => titles.map((title) => ({ title }));

describe("signing in", () => {
  test("a wrong password says so; the right one leads to where one wanted to be", async ({
    server,
    visit,
    person,
  }) => {
    await server.send(person, { title: "Behind the door" });
    const visitor = await visit();
    visitor.watch.allow(/status of 401 .*\/crm\/auth\/session/);
    const page = await visitor.open("/inbox?tab=unread");
    await page.waitForURL("**/sign-in?to=*");
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    await page.keyboard.press("Enter");
    const reason = page.getByRole("alert");
    await eventually("a reason", 5_000, async () =>
      /wrong|invalid|incorrect/i.test((await reason.textContent()) ?? ""),
    );
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/inbox?tab=unread");
    await new Centre(page).row("Behind the door").waitFor();
  });

  test("signing out ends it in every tab", async ({ visit, person }) => {
    const visitor = await visit({ as: person });
    // What is still being asked for when the session ends is refused.
    visitor.watch.allow(/status of 401/);
    const [page, other] = [await visitor.open("/inbox"), await visitor.open("/about")];
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in*");
    await other.waitForURL("**/sign-in*");
  });

  test("an address that leads away is not followed after it", async ({ server, visit, person }) => {
    for (const to of ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]) {
      const page = await (await visit()).open(`/sign-in?to=${encodeURIComponent(to)}`);
      await page.getByLabel("E-mail").fill(person.email);
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL(`${server.origin}/inbox`);
    }
  });
});

describe("the first run", () => {
  test("offers a test, which comes", async ({ visit, person }) => {
    const centre = new Centre(await (await visit({ as: person })).open("/"));
    await centre.page.getByText("Nothing yet: send yourself a test").waitFor();
    await centre.page.getByRole("button", { name: "Send me a test" }).click();
    await centre.row("Test notification").waitFor();
    await centre.counts(1);
  });
});

describe("looking at the inbox", () => {
  test("tabs, filter and search narrow it, and the address says how", async ({ server, visit, person }) => {
    await server.sendAll(person, [
      { title: "Invoice of Northwind", type: "billing_invoice" },
      { title: "Ticket of Northwind", type: "ticket_assigned", message: "The router again" },
      { title: "Something of Southwind" },
    ]);
    const centre = new Centre(await (await visit({ as: person })).open("/inbox"));
    const { page } = centre;
    await shows(centre, "Something of Southwind", "Ticket of Northwind", "Invoice of Northwind");

    await centre.link("Ticket of Northwind").click();
    await centre.tab("Unread").click();
    await shows(centre, "Something of Southwind", "Invoice of Northwind");
    expect(new URL(page.url()).search).toBe("?tab=unread");
    await centre.tab("All").click();

    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByLabel("Type").selectOption({ label: "Invoice" });
    await shows(centre, "Invoice of Northwind");
    expect(page.url()).toContain("type=billing_invoice");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove filter Type: Invoice" }).click();

    const search = page.getByRole("textbox", { name: "Search titles and messages" });
    await search.fill("northwind");
    await shows(centre, "Ticket of Northwind", "Invoice of Northwind");
    expect(page.url()).toContain("q=northwind");
    await search.fill("ROUTER");
    await shows(centre, "Ticket of Northwind");
    await search.fill("nothing of the kind");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("button", { name: "Clear filter" }).last().click();
    await shows(centre, "Something of Southwind", "Ticket of Northwind", "Invoice of Northwind");
  });

  test("the filter by date shows the days asked for, in the reader's own zone", async ({ visit }) => {
    const centre = new Centre(await (await visit({ as: GRACE })).open("/inbox"));
    const day = (back: number) =>
      new Intl.DateTimeFormat("en-CA", { timeZone: "Australia/Perth" }).format(
        Date.now() - back * 86_400_000,
      );
    await centre.rows.first().waitFor();
    await centre.page.getByRole("button", { name: "Filter" }).click();
    await centre.page.getByLabel("From", { exact: true }).fill(day(6));
    await centre.page.getByLabel("To", { exact: true }).fill(day(1));
    await eventually("those days", 5_000, async () => {
      const times = await centre.rows
        .locator("time")
        .evaluateAll((all) => all.map((time) => (time as HTMLTimeElement).dateTime));
      const days = times.map((time) =>
        new Intl.DateTimeFormat("en-CA", { timeZone: "Australia/Perth" }).format(new Date(time)),
      );
      return days.length > 0 && days.every((one) => one >= day(6) && one <= day(1));
    });
    expect(centre.page.url()).toContain(`from=${day(6)}&until=${day(1)}`);
  });

  test("back and forward lead through what one looked at; a reload keeps it", async ({
    server,
    visit,
    person,
  }) => {
    await server.sendAll(person, named("First", "Second"));
    const centre = new Centre(await (await visit({ as: person })).open("/inbox"));
    const { page } = centre;
    const heading = (title: string) => centre.preview.getByRole("heading", { name: title });
    await centre.tab("Archived").click();
    await page.getByText("The archive is empty").waitFor();
    await centre.tab("All").click();
    await centre.link("Second").click();
    await heading("Second").waitFor();
    await page.reload();
    await heading("Second").waitFor();
    await page.goBack();
    await heading("Second").waitFor({ state: "detached" });
    await page.goBack();
    await page.getByText("The archive is empty").waitFor();
    await page.goForward();
    await centre.row("Second").waitFor();
    await page.goForward();
    await heading("Second").waitFor();
  });

  test("the preview shows all of it: message, link, ticket, person, details as a table", async ({
    server,
    visit,
    person,
  }) => {
    const id = await server.send(person, {
      title: "Everything at once",
      type: "ticket_assigned",
      message: "First line\nSecond line",
      link: "/tickets/42",
      related_ticket_id: 42,
      related_user_id: 5,
      metadata: {
        ticket_id: 42,
        is_urgent: true,
        tags: ["router", "uplink"],
        lines: [
          { item: "Fibre", price: 120.5 },
          { item: "Router", price: 80 },
        ],
        site: { city: "Rotterdam", opened_at: "2026-01-31T08:00:00Z" },
        nothing: null,
      },
    });
    const centre = new Centre(await (await visit({ as: person })).open(`/inbox?id=${id}`));
    await centre.preview.getByRole("heading", { name: "Everything at once" }).waitFor();
    const text = await centre.preview.innerText();
    for (const part of [
      "Ticket assigned",
      "First line",
      "Second line",
      "/tickets/42",
      "#42",
      "#5",
      "Rotterdam",
      "router",
      "Yes",
      "Fibre",
      "120.5",
    ])
      expect(text).toContain(part);
    expect(text).not.toMatch(/[{}[\]]|object Object/);
    expect(await centre.preview.getByRole("link", { name: "Open" }).getAttribute("href")).toBe("/tickets/42");
    expect(await centre.preview.getByRole("cell").count()).toBeGreaterThanOrEqual(4);
  });

  test("one that is deleted or not one's own is said to be gone", async ({ server, visit, person }) => {
    const id = await server.send(GRACE, { title: "Not yours" });
    const page = await (await visit({ as: person })).open(`/inbox?id=${id}`);
    await page.getByText("This notification is not there any more").waitFor();
  });
});

describe("changing it", () => {
  test("archive, snooze and delete move it, and undo brings it back", async ({ server, visit, person }) => {
    await server.sendAll(person, named("One", "Two", "Three"));
    const centre = new Centre(await (await visit({ as: person })).open("/inbox"));
    const { page } = centre;
    await shows(centre, "Three", "Two", "One");

    await centre.press("Two", "Archive");
    await shows(centre, "Three", "One");
    await centre.undo.click();
    await shows(centre, "Three", "Two", "One");

    await centre.press("Three", "Snooze");
    await page.getByRole("dialog").getByRole("button", { name: "In one hour" }).click();
    await shows(centre, "Two", "One");
    await centre.tab("Snoozed").click();
    await centre.row("Three").getByText("Until").waitFor();
    await centre.link("Three").click();
    await centre.tab("All").click();

    await centre.link("One").click();
    await centre.preview.getByRole("button", { name: "Delete" }).click();
    await shows(centre, "Two");
    await centre.undo.click();
    await shows(centre, "Two", "One");
    expect(await titlesOnServer(server, person)).toEqual(["Two", "One"]);
    await centre.link("One").click();
    await centre.preview.getByRole("button", { name: "Delete" }).click();
    // Leaving the page is as good as closing the notice.
    await page.close();
    await eventually("the deletion", 5_000, async () => `${await titlesOnServer(server, person)}` === "Two");
  });

  test("several at once: select, archive, undo", async ({ server, visit, person }) => {
    await server.sendAll(person, named("One", "Two", "Three", "Four", "Five"));
    const centre = new Centre(await (await visit({ as: person })).open("/inbox"));
    await shows(centre, "Five", "Four", "Three", "Two", "One");
    await centre.row("Four").getByRole("checkbox").check();
    await centre
      .row("Two")
      .getByRole("checkbox")
      .click({ modifiers: ["Shift"] });
    const bar = centre.page.getByRole("toolbar");
    await bar.getByText("3 selected").waitFor();
    await bar.getByRole("button", { name: "Archive" }).click();
    await shows(centre, "Five", "One");
    await eventually("the archive", 5_000, async () => (await titlesOnServer(server, person)).length === 2);
    await centre.undo.click();
    await shows(centre, "Five", "Four", "Three", "Two", "One");
    await eventually("the inbox", 5_000, async () => (await titlesOnServer(server, person)).length === 5);
    await centre.row("Five").getByRole("checkbox").check();
    await bar.getByRole("checkbox").click();
    await bar.getByText("5 selected").waitFor();
    await bar.getByRole("button", { name: "Mark as read" }).click();
    await centre.counts(0);
  });

  test("what the server refuses is as it was, and one is told", async ({ server, visit, person }) => {
    await server.sendAll(person, named("Stays"));
    const visitor = await visit({ as: person });
    visitor.watch.allow(/status of 507/);
    const centre = new Centre(await visitor.open("/inbox"));
    await shows(centre, "Stays");
    await centre.page.route("**/archive", (route) =>
      route.fulfill({ status: 507, json: { result: "Failed", reason: "The disk is full" } }),
    );
    await centre.press("Stays", "Archive");
    await centre.toast.getByText("That did not work: The disk is full").waitFor();
    await shows(centre, "Stays");
  });
});

describe("by keyboard", () => {
  test("move, open, peek, select, archive, read, snooze, delete, undo, search, go, help", async ({
    server,
    visit,
    person,
  }) => {
    await server.sendAll(person, named("One", "Two", "Three", "Four"));
    const centre = new Centre(await (await visit({ as: person })).open("/inbox"));
    const { page } = centre;
    const { keyboard } = page;
    const heading = (title: string) => centre.preview.getByRole("heading", { name: title });
    await shows(centre, "Four", "Three", "Two", "One");

    await keyboard.press("j");
    await on(centre, "Four");
    await keyboard.press("ArrowDown");
    await on(centre, "Three");
    await keyboard.press("k");
    await on(centre, "Four");

    await keyboard.press("Space");
    await heading("Four").waitFor();
    expect(await centre.isUnread("Four")).toBe(true);
    await keyboard.press("Space");
    await heading("Four").waitFor({ state: "detached" });
    await keyboard.press("Enter");
    await heading("Four").waitFor();
    await eventually("read", 5_000, async () => !(await centre.isUnread("Four")));
    await keyboard.press("Escape");
    await heading("Four").waitFor({ state: "detached" });
    await on(centre, "Four");
    await keyboard.press("Shift+U");
    await eventually("unread", 5_000, async () => await centre.isUnread("Four"));

    await keyboard.press("e");
    await shows(centre, "Three", "Two", "One");
    await on(centre, "Three");
    await keyboard.press("z");
    await shows(centre, "Four", "Three", "Two", "One");

    await keyboard.press("x");
    await keyboard.press("j");
    await keyboard.press("x");
    await page.getByText("2 selected").waitFor();
    await keyboard.press("Shift+I");
    await centre.counts(2);
    await keyboard.press("x");
    await page.getByText("1 selected").waitFor();
    await keyboard.press("Escape");
    await page.getByText("1 selected").waitFor({ state: "detached" });

    await keyboard.press("h");
    await page.getByRole("dialog").waitFor();
    await keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });

    await keyboard.press("#");
    await eventually("three rows", 5_000, async () => (await centre.rows.count()) === 3);
    await keyboard.press("z");
    await eventually("four rows", 5_000, async () => (await centre.rows.count()) === 4);

    await keyboard.press("/");
    await keyboard.type("Three");
    await shows(centre, "Three");
    await keyboard.press("Escape");
    await keyboard.press("Escape");
    await keyboard.press("g");
    await keyboard.press("a");
    await page.getByText("The archive is empty").waitFor();
    await keyboard.press("g");
    await keyboard.press("i");
    await shows(centre, "Four", "Three", "Two", "One");

    await keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await help.waitFor();
    expect(await help.innerText()).toContain("Peek without marking as read");
    await keyboard.press("Escape");
    await help.waitFor({ state: "hidden" });
  });

  test("the shortcuts can be switched off", async ({ server, visit, person }) => {
    await server.sendAll(person, named("Stays"));
    const centre = new Centre(await (await visit({ as: person })).open("/profile"));
    await centre.page.getByRole("switch", { name: "Keyboard shortcuts" }).uncheck();
    await centre.page.getByRole("link", { name: "Inbox" }).click();
    await centre.link("Stays").focus();
    for (const key of ["e", "#", "?", "x"]) await centre.page.keyboard.press(key);
    expect(await centre.titles()).toEqual(["Stays"]);
    expect(await centre.page.getByRole("dialog").count()).toBe(0);
  });
});

test("the centre's live region speaks at most once in 30 s", async ({ server, visit, person }) => {
  const visitor = await visit({ as: person });
  await visitor.context.clock.install();
  const page = await visitor.open("/inbox");
  await page.getByText("Nothing yet").waitFor();
  const region = page.locator("p.unseen[role=status]");
  await region.evaluate((element) => {
    const heard: string[] = [];
    new MutationObserver(() => heard.push(element.textContent ?? "")).observe(element, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    Object.assign(window, { heard });
  });
  const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard.filter(Boolean));
  const centre = new Centre(page);
  for (let number = 1; number <= 6; number++) {
    await server.send(person, { title: `Number ${number}` });
    await centre.counts(number);
    await page.clock.runFor(4_000);
  }
  expect(await heard()).toEqual(["1 new notification"]);
  await page.clock.runFor(12_000);
  expect(await heard()).toEqual(["1 new notification", "5 new notifications"]);
});

test("on a phone list and preview take turns", async ({ server, visit, person }) => {
  await server.sendAll(person, named("One", "Two"));
  const visitor = await visit({
    as: person,
    viewport: { width: 390, height: 780 },
    hasTouch: true,
    isMobile: true,
  });
  const centre = new Centre(await visitor.open("/inbox"));
  await centre.link("Two").tap();
  await centre.preview.getByRole("heading", { name: "Two" }).waitFor();
  expect(await centre.list.isVisible()).toBe(false);
  await centre.page.getByRole("button", { name: "Back to the list" }).tap();
  await centre.link("One").waitFor();
  expect(await centre.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await centre.page.getByRole("link", { name: "Profile" }).tap();
  await centre.page.getByRole("button", { name: "Sign out" }).waitFor();
});

async function shows(centre: Centre, ...titles: string[]): Promise<void> {
  await eventually(`the list ${titles}`, 5_000, async () => {
    const now = await centre.titles();
    if (`${now}` !== `${titles}`) throw new Error(`the list is ${now}, not ${titles}`);
    return true;
  });
}

async function on(centre: Centre, title: string): Promise<void> {
  await eventually(`the keyboard on ${title}`, 5_000, async () => {
    const now = await centre.page.evaluate(
      () => document.activeElement?.querySelector(".title")?.textContent,
    );
    if (now !== title) throw new Error(`the keyboard is on ${now}, not on ${title}`);
    return true;
  });
}

/** What stands in the inbox, as the server has it. */
async function titlesOnServer(
  server: Server,
  person: { email: string; id: number; name: string },
): Promise<string[]> {
  const cookie = (cookies[person.email] ??= await server.cookie(person));
  const answer = await fetch(`${server.origin}/crm/notification`, { headers: { Cookie: cookie } });
  const { notifications } = (await answer.json()) as { notifications: { title: string }[] };
  return notifications.map(({ title }) => title);
}

const cookies: Record<string, string> = {};
