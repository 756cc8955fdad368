// The demo's time is let run, and what falls due comes as it would: under the bell, by e-mail and as a card.
import { Bell } from "./harness/bell";
import { describe, eventually, expect, GRACE, test } from "./harness/test";

/** How long what fell due may take to be seen. */
const SOON_MS = 10_000;

interface Caught {
  channel: string;
  to: string;
  subject: string;
  attachments: string[];
}

describe("time that is let run", () => {
  test("brings the reminder of the call that begins 16 minutes after the start", async ({
    server,
    visit,
  }) => {
    const bell = new Bell(await (await visit({ as: GRACE })).open("/demo/crm"));
    const time = bell.page.getByRole("region", { name: "Let time run" });
    const clock = await time.locator("b").textContent();
    await time.getByRole("button", { name: "15 minutes" }).click();
    await time.getByText("15 minutes later: 1 timer fell due").waitFor({ timeout: SOON_MS });
    expect(await time.locator("b").textContent()).not.toBe(clock);

    await bell.open();
    const row = bell.rows.filter({ hasText: "Call with Mia Larsen" });
    await row.getByText("In 15 minutes").waitFor({ timeout: SOON_MS });
    await eventually("its e-mail, with a calendar file, and its card", SOON_MS, async () => {
      const answer = await server.ask("GET", "/demo/outbox/items");
      const { items } = (await answer.json()) as { items: Caught[] };
      const reminders = items.filter(({ subject }) => subject.startsWith("Call with Mia Larsen"));
      const mail = reminders.find(({ channel }) => channel === "email");
      const card = reminders.some(({ channel }) => channel === "teams");
      return mail?.attachments.join() === "activity.ics" && mail.to === GRACE.email && card;
    });
  });

  test("does not run backwards", async ({ server }) => {
    const refused = await server.ask("POST", "/demo/time", { minutes: -1 });
    expect(refused.status).toBe(400);
  });
});
