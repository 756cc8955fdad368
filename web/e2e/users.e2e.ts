// The users, as administrators look after them: who is locked out, who is new, who may do what.
import type { Locator, Page } from "playwright-core";
import { de } from "../centre/src/administration/de";
import { en } from "../centre/src/administration/en";
import { violations } from "./harness/axe";
import { Bell } from "./harness/bell";
import { setting } from "./harness/records";
import { scan } from "./harness/scan";
import {
  ADA,
  describe,
  EVE,
  eventually,
  expect,
  PASSWORD,
  type Person,
  type Server,
  test,
} from "./harness/test";

const BEN: Person = { id: 2, email: "ben@example.com", name: "Ben Support" };
const HOSTILE = '<img src=x onerror="__xss=1">\u202e<script>__xss=2</script>';

/** How many wrong passwords lock here: servers bear few sign-ins a minute. */
const WRONG = 2;

/** The pages of the users, in the words of who uses them. */
class UsersPage {
  readonly page: Page;
  readonly rows: Locator;
  readonly search: Locator;
  readonly status: Locator;
  readonly toast: Locator;

  constructor(page: Page) {
    this.page = page;
    this.rows = page.getByRole("list", { name: "Users, by their numbers" }).locator("> li");
    this.search = page.getByRole("searchbox", { name: "Name or e-mail" });
    this.status = page.getByRole("combobox", { name: "Status", exact: true });
    this.toast = page.locator(".toast");
  }

  row(name: string): Locator {
    return this.rows.filter({ has: this.page.getByRole("link", { name, exact: true }) });
  }

  /** The card that says who it is, and whether they may sign in. */
  card(name: string): Locator {
    return this.page.getByRole("region", { name, exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  field(name: string): Locator {
    return this.page.getByRole("textbox", { name, exact: true });
  }

  box(name: string): Locator {
    return this.page.getByRole("checkbox", { name, exact: true });
  }

  async says(text: string): Promise<void> {
    await this.toast.filter({ hasText: text }).waitFor();
  }
}

/** Somebody tries passwords until the account is locked. */
async function lockOut(server: Server, who: Person): Promise<void> {
  await setting(server, "security", { max_failed_logins: WRONG });
  for (let times = 0; times < WRONG; times++) {
    const answer = await server.ask("POST", "/crm/auth/login", { email: who.email, password: "not it" });
    expect(answer.status).toBe(401);
  }
}

/** A user as the server has it now. */
async function stored(server: Server, id: number): Promise<Record<string, unknown>> {
  const answer = await server.ask("GET", `/crm/user/${id}`);
  return ((await answer.json()) as { user: Record<string, unknown> }).user;
}

/** Adds somebody who cannot sign in yet: nothing has to be hashed. */
async function add(server: Server, name: string, more: object = {}): Promise<number> {
  const email = `user-${Date.now()}-${Math.random().toString(36).slice(2)}@example.com`;
  const answer = await server.ask("POST", "/crm/user", { name, email, ...more });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { user: { id: number } }).user.id;
}

describe("a lock-out", () => {
  test("is seen in the bell, and mended on the page that it leads to", async ({ server, visit }) => {
    await lockOut(server, EVE);
    const bell = new Bell(await (await visit({ as: ADA })).open("/demo/crm"));
    await bell.open();
    await bell.row("Eve Sales is locked out").click();
    await bell.page.waitForURL(`**/administration/users/${EVE.id}`);
    const users = new UsersPage(bell.page);
    const card = users.card(EVE.name);
    await card.getByText("Locked - Failed Attempts", { exact: true }).waitFor();
    await users.button("Unlock").click();
    await users.says("Eve Sales may sign in again");
    await card.getByText("Active", { exact: true }).waitFor();

    const visitor = await visit();
    visitor.watch.allow(/status of 401 .*\/crm\/auth\/session/);
    const own = await visitor.open("/sign-in");
    await own.getByLabel("E-mail").fill(EVE.email);
    // One more wrong one locks nobody: the count began anew.
    await own.getByLabel("Password", { exact: true }).fill("not it");
    await own.getByRole("button", { name: "Sign in" }).click();
    await own.getByRole("alert").waitFor();
    await own.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await own.getByRole("button", { name: "Sign in" }).click();
    await own.waitForURL("**/inbox");
  });

  test("leads nobody to a page that they may not open", async ({ server, visit }) => {
    const [eve, max] = [
      await server.person({ name: "Eve Second" }),
      await server.person({ name: "Max Told" }),
    ];
    await setting(server, "notifications", { lockout_users: `Ada Admin; ${max.id}` });
    await lockOut(server, eve);
    const bell = new Bell(await (await visit({ as: max })).open("/demo/crm"));
    await bell.open();
    await bell.row("Eve Second is locked out").getByText("Ask an administrator to unlock them").waitFor();
    expect(await bell.row("Eve Second is locked out").locator("a[href*=administration]").count()).toBe(0);
    // Ben sees all users by the API, and changes none: these pages are for whoever changes them.
    for (const who of [max, BEN]) {
      const page = await (await visit({ as: who })).open(`/administration/users/${eve.id}`);
      await page.getByRole("heading", { name: "This page does not exist" }).waitFor();
    }
  });
});

describe("the users", () => {
  test("are found by status, name and e-mail, page by page", async ({ server, visit }) => {
    for (let nth = 0; nth < 52; nth++) await add(server, `Crowd ${String(nth).padStart(2, "0")}`);
    const [locked, hostile] = [await add(server, "Lou Locked"), await add(server, HOSTILE)];
    expect((await server.ask("PUT", `/crm/user/${locked}`, { status: "Locked" })).status).toBe(200);
    const visitor = await visit({ as: ADA });
    visitor.watch.allow(/status of 404 .*\/crm\/user\/999999/);
    const page = await visitor.open("/administration");
    const users = new UsersPage(page);
    await page.getByRole("link", { name: "Users", exact: true }).click();
    await page.waitForURL("**/administration/users");
    await users.row("Ada Admin").getByText("ada@example.com · Administrator").waitFor();
    await users.row("Ada Admin").getByText("Active", { exact: true }).waitFor();

    await users.search.fill("crowd");
    await page.waitForURL("**/administration/users?q=crowd");
    await eventually("the first page", 5_000, async () => (await users.rows.count()) === 50);
    await users.button("Show more").click();
    await users.row("Crowd 51").waitFor();
    expect(await users.rows.count()).toBe(52);
    expect(await users.button("Show more").count()).toBe(0);

    await users.search.fill("");
    await users.status.selectOption("Locked");
    await page.waitForURL("**/administration/users?status=Locked");
    await eventually("the one who is locked", 5_000, async () => (await users.rows.count()) === 1);
    await users.row("Lou Locked").click();
    await page.waitForURL(`**/administration/users/${locked}?status=Locked`);
    await page.getByRole("link", { name: "All users" }).click();
    await users.row("Lou Locked").waitFor();
    await users.search.fill("nobody is called that");
    await page.getByText("No user matches").waitFor();

    // What strangers call themselves stays words.
    await page.goto(`${server.origin}/administration/users/${hostile}`);
    await users.card(HOSTILE).waitFor();
    expect((await scan(page)).faults).toEqual([]);
    await page.goto(`${server.origin}/administration/users/999999`);
    await page.getByText("There is no such user").waitFor();
  });

  test("are added, changed by what one changed alone, and refused where it is wrong", async ({
    server,
    visit,
  }) => {
    const visitor = await visit({ as: ADA });
    visitor.watch.allow(/status of (400|409) .*\/crm\/user/);
    const page = await visitor.open("/administration/users");
    const users = new UsersPage(page);
    const sent: unknown[] = [];
    page.on("request", (request) => {
      if (["POST", "PUT"].includes(request.method()) && /\/crm\/user(\/|$)/.test(request.url()))
        sent.push(request.postDataJSON());
    });
    await page.getByRole("link", { name: "New user" }).click();
    await page.waitForURL("**/administration/users/new");
    await users.field("Name").fill("Nora New");
    await users.field("E-mail").fill("nora at home");
    await users.button("Add user").click();
    await page.getByRole("alert").filter({ hasText: "email must be an e-mail address" }).waitFor();
    await users.field("E-mail").fill("EVE@example.com");
    await users.button("Add user").click();
    await page.getByRole("alert").filter({ hasText: "Somebody else has this e-mail address." }).waitFor();
    expect(await users.field("E-mail").getAttribute("aria-invalid")).toBe("true");
    await eventually("the keyboard at the e-mail", 5_000, () =>
      users.field("E-mail").evaluate((input) => input === document.activeElement),
    );

    const email = `nora-${Date.now()}@example.com`;
    await users.field("E-mail").fill(email);
    await users.field("Password").fill(PASSWORD);
    await users.box("Support").check();
    const manager = page.getByRole("combobox", { name: "Reports to" });
    await manager.fill("max");
    await page.getByRole("option", { name: "max@example.com" }).click();
    await users.button("Add user").click();
    await users.says("Nora New is added");
    await page.waitForURL(/\/administration\/users\/\d+$/);
    const id = Number(new URL(page.url()).pathname.split("/").at(-1));
    expect(sent.at(-1)).toEqual({
      name: "Nora New",
      email,
      password: PASSWORD,
      roles: ["support"],
      reports_to: 4,
      time_zone: expect.any(String),
      language: "en",
    });
    await server.cookie({ id, email, name: "Nora New" });

    // Somebody else changes her meanwhile: that stays.
    expect((await server.ask("PUT", `/crm/user/${id}`, { time_zone: "Asia/Tokyo" })).status).toBe(200);
    expect(await users.button("Save").isDisabled()).toBe(true);
    await users.box("Finance").check();
    await users.box("Support").uncheck();
    await users.box("On support now").check();
    await manager.fill("");
    await page.getByRole("option", { name: "Nobody", exact: true }).click();
    await users.button("Save").click();
    await users.says("User saved");
    expect(sent.at(-1)).toEqual({ roles: ["finance"], on_support: true, reports_to: null });
    expect(await stored(server, id)).toMatchObject({
      roles: ["finance"],
      on_support: true,
      reports_to: null,
      time_zone: "Asia/Tokyo",
    });

    // What is not saved is not left by mistake.
    await users.field("Name").fill("Nora Newer");
    await page.getByRole("link", { name: "All users" }).click();
    const dialog = page.getByRole("dialog", { name: "Leave without saving?" });
    await dialog.getByRole("button", { name: "Leave without saving" }).click();
    await page.waitForURL("**/administration/users");
    expect(await stored(server, id)).toMatchObject({ name: "Nora New" });
  });

  test("are locked at once, and deleted once one has said so", async ({ server, visit }) => {
    const person = await server.person({ name: "Gil Going" });
    const own = await (await visit({ as: person })).open("/inbox");
    await own.getByRole("link", { name: "Inbox" }).waitFor();
    const visitor = await visit({ as: ADA });
    const page = await visitor.open(`/administration/users/${person.id}`);
    const users = new UsersPage(page);
    // A double click locks: its second press takes nothing back.
    await users.button("Lock").dblclick();
    await users.says("Gil Going is locked and signed out everywhere");
    await own.waitForURL("**/sign-in*");
    await users.card("Gil Going").getByText("Locked", { exact: true }).waitFor();
    expect(await stored(server, person.id)).toMatchObject({ status: "Locked" });

    const links = users.card("Gil Going");
    const [deliveries, changes] = ["What was sent to this user", "What this user changed"];
    const to = (name: string) => links.getByRole("link", { name }).getAttribute("href");
    expect(await to(deliveries)).toBe(`/administration/deliveries?user=${person.id}`);
    expect(await to(changes)).toBe(`/administration/audit?user=${person.id}`);

    await users.button("Delete user…").click();
    const dialog = page.getByRole("dialog", { name: "Delete Gil Going?" });
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    await users.button("Delete user…").click();
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await users.says("Gil Going is deleted");
    await page.waitForURL("**/administration/users");
    expect((await server.ask("GET", `/crm/user/${person.id}`)).status).toBe(404);

    // Nobody shuts themselves out by a slip.
    await page.goto(`${server.origin}/administration/users/${ADA.id}`);
    await page.getByText("This is you").waitFor();
    for (const name of ["Lock", "Delete user…"]) expect(await users.button(name).count()).toBe(0);
  });

  test("are looked after by keyboard alone", async ({ server, visit }) => {
    const id = await add(server, "Kay Keys");
    expect((await server.ask("PUT", `/crm/user/${id}`, { status: "Locked" })).status).toBe(200);
    const page = await (await visit({ as: ADA })).open("/administration/users?q=kay+keys");
    const users = new UsersPage(page);
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
    await users.row("Kay Keys").getByRole("link").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/administration/users/${id}?*`);
    await users.button("Unlock").waitFor();
    await eventually("the keyboard at the top", 5_000, async () => (await focused()) === "‹ All users");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Unlock");
    await page.keyboard.press("Enter");
    await users.says("Kay Keys may sign in again");
    await eventually("the keyboard where it was", 5_000, async () => (await focused()) === "Lock");
    expect(await stored(server, id)).toMatchObject({ status: "Active" });
  });
});

test("axe finds nothing on any of these pages", { timeout: 120_000 }, async ({ server, visit }) => {
  const german = await server.person({ name: "Anna Admin", language: "de", roles: ["admin"] });
  const locked = await add(server, "Xaver Axe", { roles: ["customer"] });
  expect((await server.ask("PUT", `/crm/user/${locked}`, { status: "Locked" })).status).toBe(200);
  const found: string[] = [];
  for (const [language, who, words] of [
    ["en", ADA, en.users],
    ["de", german, de.users],
  ] as const) {
    const visitor = await visit({ as: who });
    visitor.watch.allow(/status of 400 .*\/crm\/user/);
    const page = await visitor.open("/administration/users?q=axe");
    const look = async (state: string) => found.push(...(await violations(page, `${state}, ${language}`)));
    await page.getByRole("list", { name: words.list }).getByRole("link", { name: "Xaver Axe" }).waitFor();
    await look("the list");
    await page.goto(`${server.origin}/administration/users?q=xylophone`);
    await page.getByText(words.none).waitFor();
    await look("nobody");
    const fresh = await visitor.open("/administration/users/new");
    await fresh.getByRole("button", { name: words.add }).waitFor();
    await fresh.getByRole("textbox", { name: "Name", exact: true }).fill("x");
    await fresh.getByRole("textbox", { name: /^E-Mail$/i }).fill("x");
    await fresh.getByRole("button", { name: words.add }).click();
    await fresh.getByRole("alert").waitFor();
    found.push(...(await violations(fresh, `a new one, refused, ${language}`)));
    await fresh.close();
    await page.goto(`${server.origin}/administration/users/${locked}`);
    await page.getByRole("button", { name: words.unlock, exact: true }).waitFor();
    await look("one who is locked");
    await page.getByRole("button", { name: words.remove }).click();
    await page.getByRole("dialog", { name: words.removeAsk("Xaver Axe") }).waitFor();
    await look("before one is deleted");
  }
  expect(found).toEqual([]);
});
