// What one says about how one wants to hear of things: it is kept, it is told in plain words, and a test shows it.
import type { Locator, Page } from "playwright-core";
import { de } from "../centre/src/profile/choices/de";
import { violations } from "./harness/axe";
import { Receiver } from "./harness/receiver";
import { scan } from "./harness/scan";
import {
  afterAll,
  beforeAll,
  describe,
  eventually,
  expect,
  type Person,
  type Server,
  test,
} from "./harness/test";

const RETIRED = "https://northwind.webhook.office.com/webhookb2/11111111@2222/IncomingWebhook/3333/4444";
const TEAMS =
  "https://prod-12.westeurope.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?api-version=2016-06-01&sig=topsecretabcd";

let receiver: Receiver;
beforeAll(async () => void (receiver = await Receiver.open()));
afterAll(() => receiver.close());

/** The cards of the profile, in the words of its user. */
class Choices {
  readonly page: Page;
  readonly card: Locator;
  readonly url: Locator;
  readonly matrix: Locator;
  readonly quiet: Locator;
  readonly mutes: Locator;
  readonly test: Locator;

  constructor(page: Page) {
    this.page = page;
    const region = (name: string) => page.getByRole("region", { name, exact: true });
    this.card = region("How you hear of things");
    this.url = this.card.getByRole("textbox", { name: "Webhook address" });
    this.matrix = region("What goes where");
    this.quiet = region("Quiet hours");
    this.mutes = region("Muted records");
    this.test = region("Test");
  }

  async save(card: Locator, name: string): Promise<void> {
    await card.getByRole("button", { name, exact: true }).click();
    await this.page.locator(".toast", { hasText: "Saved" }).waitFor();
    await this.page.getByRole("button", { name: "Close", exact: true }).click();
  }

  box(name: string): Locator {
    return this.matrix.getByRole("checkbox", { name, exact: true });
  }

  /** What is said of a type. */
  says(type: string, sentence: string | RegExp): Promise<void> {
    return this.matrix.getByRole("row", { name: type }).getByText(sentence).waitFor();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.matrix.getByText("Bell at once").first().waitFor();
  }
}

/** Stores choices without the page. */
async function choose(server: Server, who: Person, choices: object): Promise<void> {
  const answer = await server.askAs(who, "PUT", "/crm/user/me", choices);
  expect(await answer.text()).toContain("Success");
}

describe("how one hears of things", () => {
  test("is kept, and the address is a secret", async ({ visit, person }) => {
    const page = await (await visit({ as: person })).open("/profile");
    const choices = new Choices(page);
    await choices.says("SLA breached", "Bell at once, e-mail");
    await choices.card.getByRole("radio", { name: "Both" }).check();
    await choices.url.fill(TEAMS);
    await choices.card.getByText("This is an address of Teams.").waitFor();
    await choices.url.fill(receiver.url);
    await choices.card.getByText("No program that we know").waitFor();
    await choices.save(choices.card, "Save how you hear");
    await choices.says("SLA breached", "Bell at once, Webhook, e-mail");

    await choices.reload();
    expect(await choices.card.getByRole("radio", { name: "Both" }).isChecked()).toBe(true);
    await choices.card.getByText("Served as Webhook.").waitFor();
    expect(await choices.url.count()).toBe(0);
    expect(await page.content()).toContain("…abcd");
    expect(await page.content()).not.toContain("with-a-secret");

    await choices.card.getByRole("radio", { name: "Webhook" }).check();
    await choices.save(choices.card, "Save how you hear");
    await choices.says("SLA breached", "Bell at once, Webhook; e-mail if Webhook fails");
    await choices.card.getByRole("button", { name: "Remove" }).click();
    await choices.card.getByText("It is taken away when you save.").waitFor();
    await choices.save(choices.card, "Save how you hear");
    await choices.says("SLA breached", "Bell at once; e-mail, since no webhook address is stored");
    await choices.card.getByRole("radio", { name: "Only here" }).check();
    await choices.save(choices.card, "Save how you hear");
    await choices.says("SLA breached", "Bell only; you chose to hear of it only here");
  });

  test("refuses a retired address where it stands, in the server's words", async ({ visit, person }) => {
    const visitor = await visit({ as: person });
    visitor.watch.allow(/status of 400 .*\/crm\/user\/me/);
    const choices = new Choices(await visitor.open("/profile"));
    await choices.url.fill(RETIRED);
    await choices.card.getByText("Microsoft has retired this kind of address").waitFor();
    await choices.card.getByRole("button", { name: "Save how you hear" }).click();
    const fault = choices.card.getByRole("alert");
    await fault.waitFor();
    expect(await fault.textContent()).toMatch(/workflow/i);
    expect(await choices.url.getAttribute("aria-invalid")).toBe("true");
    expect(await choices.url.evaluate((input) => input === document.activeElement)).toBe(true);
    await choices.url.fill("nonsense");
    await choices.page.keyboard.press("Enter");
    await choices.card.getByText("This is no address").waitFor();
    await choices.reload();
    expect(await choices.url.inputValue()).toBe("");
  });

  test("may name the program behind an address", async ({ server, visit, person }) => {
    await choose(server, person, { receive_by: "webhook", webhook_url: receiver.url });
    const choices = new Choices(await (await visit({ as: person })).open("/profile"));
    await choices.card.getByText("It is something else").click();
    await choices.card.getByLabel("Which program it is").selectOption({ label: "RingCentral" });
    await choices.save(choices.card, "Save how you hear");
    await choices.card.getByText("Served as RingCentral.").waitFor();
    await choices.says("SLA breached", "Bell at once, RingCentral; e-mail if RingCentral fails");
    await choices.reload();
    expect(await choices.card.getByLabel("Which program it is").inputValue()).toBe("ringcentral");
  });

  test("has a signing secret that is shown when asked for, and exchanged", async ({
    server,
    visit,
    person,
  }) => {
    await choose(server, person, { webhook_url: receiver.url });
    const page = await (await visit({ as: person })).open("/profile");
    const part = page.getByRole("region", { name: "Signing secret" });
    await part.getByRole("button", { name: "Show it" }).click();
    const shown = part.locator("code");
    const before = (await shown.textContent()) ?? "";
    expect(before).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await part.getByRole("button", { name: "New secret…" }).click();
    await part.getByRole("button", { name: "New secret", exact: true }).click();
    await part.getByText("the old one is valid until").waitFor();
    expect(await shown.textContent()).toMatch(/^whsec_/);
    expect(await shown.textContent()).not.toBe(before);
    await part.getByRole("button", { name: "Hide it" }).click();
    expect(await page.content()).not.toContain("whsec_");
  });

  test("is tested by every channel, and shows what came back", async ({ server, visit, person }) => {
    await choose(server, person, { receive_by: "none", webhook_url: receiver.url });
    const choices = new Choices(await (await visit({ as: person })).open("/profile"));
    const send = choices.test.getByRole("button", { name: "Send me a test" });
    receiver.answer = { status: 202 };
    receiver.received.length = 0;
    await send.click();
    await choices.test.getByText("Bell: arrived").waitFor();
    await choices.test.getByText(/Webhook: arrived \(202\) in [\d.]+ m?s/).waitFor();
    await choices.test.getByText("E-mail: accepted by the mail server").waitFor();
    expect(receiver.received.map(({ headers }) => headers["webhook-signature"])).toEqual([
      expect.stringMatching(/^v1,/),
    ]);

    receiver.answer = { status: 503, body: "<img src=x onerror=__xss=1>" };
    await send.click();
    await choices.test.getByText(/Webhook: failed: .*503.* It is tried again at /).waitFor();
    receiver.answer = { status: 204 };
    // The schedule tries again after about five seconds; whoever waits sees it arrive.
    await choices.test.getByText(/Webhook: arrived \(204\)/).waitFor({ timeout: 20_000 });
    expect((await scan(choices.page)).faults).toEqual([]);
  });

  test("says when an address was switched off, and switches it on again", async ({
    server,
    visit,
    person,
  }) => {
    await choose(server, person, { receive_by: "webhook", webhook_url: receiver.url });
    receiver.answer = { status: 410 };
    await server.send(person, { title: "Gone", channels: ["webhook"] });
    const page = await (await visit({ as: person })).open("/profile");
    const choices = new Choices(page);
    const off = choices.card.getByText("Nothing goes to your webhook address any more");
    await eventually("the address to be switched off", 15_000, async () => {
      const answer = await server.askAs(person, "GET", "/crm/user/me");
      return ((await answer.json()) as { user: { webhook_off: unknown } }).user.webhook_off;
    });
    await choices.reload();
    await off.waitFor();
    await choices.says("SLA breached", "e-mail, since your webhook address is switched off");
    await choices.card.getByRole("button", { name: "Switch it on again" }).click();
    await off.waitFor({ state: "detached" });
    await choices.says("SLA breached", "Bell at once, Webhook; e-mail if Webhook fails");
    receiver.answer = { status: 204 };
  });
});

describe("the matrix", () => {
  test("is kept, by type and by group, and said in a sentence", async ({ visit, person }) => {
    const choices = new Choices(await (await visit({ as: person })).open("/profile"));
    await choices.says("SLA breached", "Bell at once, e-mail");
    await choices.box("SLA breached by E-mail").uncheck();
    await choices.box("All of Assignments by E-mail").uncheck();
    expect(await choices.box("All of Tickets and service levels by E-mail").evaluate(isPartly)).toBe(true);
    await choices.save(choices.matrix, "Save what goes where");
    await choices.says("SLA breached", "Bell only; you switched the rest off");
    await choices.reload();
    expect(await choices.box("SLA breached by E-mail").isChecked()).toBe(false);
    expect(await choices.box("SLA approaching by E-mail").isChecked()).toBe(true);
    expect(await choices.box("Record assigned by E-mail").isChecked()).toBe(false);
    // What people send by hand comes whatever one chose: there is no box for it.
    expect(await choices.box("Notice by E-mail").count()).toBe(0);
    await choices.says("Notice", "sent by hand, whatever you chose");
    await choices.says("Ticket assigned", "Bell only; your company sends this kind nowhere else");

    await choices.box("All of Assignments by E-mail").check();
    await choices.save(choices.matrix, "Save what goes where");
    await choices.reload();
    expect(await choices.box("Record assigned by E-mail").isChecked()).toBe(true);
  });
});

const isPartly = (box: HTMLElement | SVGElement) => (box as HTMLInputElement).indeterminate;

describe("quiet hours", () => {
  test("are kept with their days, in one's own zone", async ({ visit, person }) => {
    const choices = new Choices(await (await visit({ as: person })).open("/profile"));
    const { quiet } = choices;
    await quiet.getByText("Times are in Europe/London, your time zone.").waitFor();
    await quiet.getByText("You have no quiet hours.").waitFor();
    await quiet.getByRole("button", { name: "Add quiet hours" }).click();
    const first = quiet.getByRole("group", { name: "Quiet hours 1" });
    await first.getByLabel("From").fill("21:30");
    await first.getByText("on the next day").waitFor();
    await quiet.getByRole("button", { name: "Add quiet hours" }).click();
    const second = quiet.getByRole("group", { name: "Quiet hours 2" });
    await second.getByText("for a whole day").waitFor();
    // The keyboard alone takes a day away.
    await second.getByRole("checkbox", { name: "Sunday" }).focus();
    await choices.page.keyboard.press(" ");
    await choices.save(quiet, "Save quiet hours");
    await choices.reload();
    expect(await first.getByLabel("From").inputValue()).toBe("21:30");
    expect(await first.getByLabel("To").inputValue()).toBe("07:00");
    expect(await first.getByRole("checkbox", { checked: true }).count()).toBe(7);
    expect(await second.getByRole("checkbox", { checked: true }).count()).toBe(1);
    expect(await second.getByRole("checkbox", { name: "Saturday" }).isChecked()).toBe(true);
    await quiet.getByText(/It is quiet now, until|The next quiet hours begin/).waitFor();

    await first.getByLabel("To").fill("");
    await quiet.getByRole("button", { name: "Save quiet hours" }).click();
    await quiet.getByText("Say from when and to when.").waitFor();
    await quiet.getByRole("button", { name: "Remove quiet hours 1" }).click();
    await quiet.getByRole("button", { name: "Remove quiet hours 1" }).click();
    await choices.save(quiet, "Save quiet hours");
    await choices.reload();
    await quiet.getByText("You have no quiet hours.").waitFor();
  });
});

describe("muted records", () => {
  test("are listed, and unmuted", async ({ server, visit, person }) => {
    await server.askAs(person, "PUT", "/crm/user/me/mute/tickets/42", {});
    await server.askAs(person, "PUT", "/crm/user/me/mute/sales_orders/SO-7", {
      until: "2099-01-31T08:00:00Z",
    });
    const choices = new Choices(await (await visit({ as: person })).open("/profile"));
    await choices.mutes.getByText(/until Sat, 31 Jan 2099/).waitFor();
    await choices.mutes.getByRole("button", { name: "Unmute Tickets 42" }).click();
    await choices.mutes.getByText("Tickets 42").waitFor({ state: "detached" });
    await choices.mutes.getByRole("button", { name: "Unmute Sales orders SO-7" }).click();
    await choices.mutes.getByText("No record is muted.").waitFor();
  });
});

test(
  "axe finds nothing in any of it, in English and in German",
  { timeout: 120_000 },
  async ({ server, visit }) => {
    receiver.answer = { status: 204 };
    for (const language of ["en", "de"]) {
      const person = await server.person({ language });
      await choose(server, person, {
        receive_by: "webhook",
        webhook_url: receiver.url,
        quiet_hours: [{ from: "22:00", to: "07:00" }],
      });
      await server.askAs(person, "PUT", "/crm/user/me/mute/tickets/42", {});
      const visitor = await visit({ as: person });
      visitor.watch.allow(/status of 400 .*\/crm\/user\/me/);
      const page = await visitor.open("/profile");
      const words = language === "de" ? de : null;
      await page.getByText(words ? words.muteForever : "until you unmute it").waitFor();
      await page.getByRole("button", { name: words?.testSend ?? "Send me a test" }).click();
      await page.getByText(/\(204\)/).waitFor();
      await page.getByRole("button", { name: words?.secretShow ?? "Show it" }).click();
      await page.locator("code", { hasText: "whsec_" }).waitFor();
      const found = await violations(page, `choices, ${language}`);
      await page.getByRole("button", { name: language === "de" ? "Ersetzen" : "Replace" }).click();
      await page.keyboard.type(RETIRED);
      await page.keyboard.press("Enter");
      await page.getByRole("alert").first().waitFor();
      found.push(...(await violations(page, `choices, refused, ${language}`)));
      expect(found).toEqual([]);
    }
  },
);
