// Whatever is sent stays data: it is shown as it was sent, and nothing in it ever runs.
import { Bell } from "./harness/bell";
import { Centre } from "./harness/centre";
import { NAMES, ODD_LINKS, REFUSED_LINKS, REFUSED_TYPES, TEXTS, USER_AGENTS } from "./harness/payloads";
import { scan } from "./harness/scan";
import { type Content, describe, expect, type Person, type Server, test } from "./harness/test";

/** A notification with the text everywhere where text may stand. */
function everywhere(text: string, link?: string): Content {
  const named = (value: unknown) => Object.fromEntries([[text, value]]);
  return {
    title: text,
    message: text,
    ...(link ? { link } : {}),
    metadata: {
      ...named(text),
      nested: named([text, named(text)]),
      words: [text, text],
      table: [
        Object.fromEntries([
          [text, text],
          ["a", "1"],
        ]),
        { a: "2" },
      ],
      deep: { deep: { deep: { deep: { deep: { deep: named(text) } } } } },
    },
  };
}

const PLAIN = "Plain text";

const CONTENTS: Content[] = [
  ...TEXTS.map((text, index) => everywhere(text, ODD_LINKS[index % ODD_LINKS.length])),
  ...ODD_LINKS.map((link) => ({ title: `A link: ${link}`, link })),
];

describe("what the server refuses", () => {
  test("are links that lead nowhere good, and types that it does not know", async ({ server, person }) => {
    const wishes = [
      ...REFUSED_LINKS.map((link) => ({ user_id: person.id, type: "custom", title: "Refused", link })),
      ...REFUSED_TYPES.map((type) => ({ user_id: person.id, type, title: "Refused" })),
    ];
    for (let from = 0; from < wishes.length; from += 100) {
      const notifications = wishes.slice(from, from + 100);
      const answer = await server.ask("POST", "/crm/notification/send/batch", { notifications });
      const { results } = (await answer.json()) as { results: { status: number }[] };
      const taken = notifications.filter((_, index) => results[index]?.status !== 400);
      expect(taken).toEqual([]);
    }
    for (const link of REFUSED_LINKS.slice(0, 5)) {
      const wish = { user_id: person.id, type: "custom", title: "Refused", link };
      const answer = await server.ask("POST", "/crm/notification/send", wish);
      expect(answer.status).toBe(400);
    }
    expect(await stored(server, person)).toBe(0);
  });
});

describe(`${TEXTS.length} hostile texts and ${ODD_LINKS.length} odd links`, () => {
  test("are text in the bell", async ({ server, visit, person }) => {
    const harmless = await server.person();
    await server.sendAll(harmless, [everywhere(PLAIN, "/x"), everywhere(PLAIN, "https://example.com/")]);
    const calm = new Bell(await (await visit({ as: harmless })).open("/demo/crm"));
    await calm.open();
    await calm.rows.nth(1).waitFor();
    const { kinds: known } = await scan(calm.page);

    await server.sendAll(person, CONTENTS);
    const bell = new Bell(await (await visit({ as: person })).open("/demo/crm"));
    await bell.open();
    await bell.rows.first().waitFor();
    while (await bell.older.isVisible()) {
      const count = await bell.rows.count();
      await bell.older.click();
      await bell.rows.nth(count).waitFor();
    }
    expect(await bell.titles()).toEqual(newestFirst(CONTENTS.map(({ title }) => title)));
    const messages = await bell.panel.locator(".message").allTextContents();
    expect(messages).toEqual(newestFirst(CONTENTS.map(({ message }) => message ?? "")));
    const { faults, kinds } = await scan(bell.page);
    expect(faults).toEqual([]);
    expect(kinds.filter((kind) => !known.includes(kind) && !OF_LISTS.has(kind))).toEqual([]);
  });

  test("are text in the centre's list and in every preview", async ({ server, visit, person }) => {
    const harmless = await server.person();
    await server.sendAll(harmless, [everywhere(PLAIN, "/x"), everywhere(PLAIN, "https://example.com/")]);
    const calm = new Centre(await (await visit({ as: harmless })).open("/inbox"));
    const known = new Set(OF_LISTS);
    for (const row of [0, 1]) {
      await calm.rows.nth(row).getByRole("link").click();
      await calm.preview.getByRole("link").waitFor();
      for (const kind of (await scan(calm.page)).kinds) known.add(kind);
    }

    await server.sendAll(person, CONTENTS);
    const centre = new Centre(await (await visit({ as: person })).open("/inbox"));
    const { page } = centre;
    await centre.rows.first().getByRole("link").click();
    for (const [index, content] of newestFirst(CONTENTS).entries()) {
      if (index > 0) await page.keyboard.press("j");
      await page.waitForFunction(isPreviewOf, content.title);
      const shown = await page.evaluate(readPreview);
      expect(shown.message, content.title).toBe(content.message ?? null);
      if (content.metadata)
        expect(
          shown.texts.filter((text) => text === content.message).length,
          content.title,
        ).toBeGreaterThanOrEqual(5);
      if (content.metadata) expect(shown.names, content.title).toContain(content.title);
      expect(shown.link, content.title).toBe(content.link ?? null);
      expect(shown.all, content.title).not.toContain("[native code]");
      const { faults, kinds } = await scan(page);
      expect(faults, content.title).toEqual([]);
      expect(
        kinds.filter((kind) => !known.has(kind)),
        content.title,
      ).toEqual([]);
      const row = page.locator('[data-row]:has(a[aria-current="true"]) .title');
      expect(await row.textContent()).toBe(content.title);
    }
  });

  test("are text in messages that come while one looks on", async ({ server, visit, person }) => {
    const visitor = await visit({ as: person });
    const bell = new Bell(await visitor.open("/demo/crm"));
    await bell.open();
    const contents = CONTENTS.slice(0, 60);
    await server.sendAll(person, contents);
    await bell.shows(60);
    await bell.rows.nth(59).waitFor();
    expect([...(await bell.titles())].sort()).toEqual(contents.map(({ title }) => title).sort());
    expect((await scan(bell.page)).faults).toEqual([]);
  });
});

describe("people and their devices", () => {
  test(`${NAMES.length} hostile names are names`, async ({ server, visit, person }) => {
    const visitor = await visit({ as: person });
    const page = await visitor.open("/profile");
    const field = page.getByRole("textbox", { name: "Name" });
    await field.waitFor();
    const save = page.getByRole("button", { name: "Save", exact: true }).first();
    for (const name of NAMES) {
      await field.fill(name);
      await save.click();
      await page.waitForFunction(
        (name) =>
          [...document.querySelectorAll("nav *, aside *, header *")].some(
            (element) => element.textContent?.trim() === name,
          ),
        name.trim(),
      );
      expect((await scan(page)).faults, name).toEqual([]);
    }
    const crm = await visitor.open("/demo/crm");
    await crm
      .locator("#who")
      .filter({ hasText: NAMES.at(-1)!.trim() })
      .waitFor();
    expect((await scan(crm)).faults).toEqual([]);
    await server.send(person, { title: "Still works" });
  });

  test("hostile user agents are devices like others", async ({ server, visit, person }) => {
    const agents = USER_AGENTS.filter((_, index) => index % 8 === 0);
    for (const agent of agents) await server.cookie(person, agent);
    const page = await (await visit({ as: person })).open("/profile");
    await page.locator("li .device").nth(agents.length).waitFor();
    const shown = await page
      .locator("li .device span[title]")
      .evaluateAll((all) => all.map((one) => one.getAttribute("title")));
    for (const agent of agents) expect(shown).toContain(agent);
    expect((await scan(page)).faults).toEqual([]);
  });
});

/** What a long list, a text in place of a link, or a control of ours may bring that two plain items do not. */
const OF_LISTS = new Set(["button[class]", "button[part]", "button[tabindex]", "button"]);

function newestFirst<Item>(items: readonly Item[]): Item[] {
  return [...items].reverse();
}

async function stored(server: Server, person: Person): Promise<number> {
  const headers = { Cookie: await server.cookie(person) };
  const answer = await fetch(`${server.origin}/crm/notification`, { headers });
  const { notifications } = (await answer.json()) as { notifications: unknown[] };
  return notifications.length;
}

/** In the page: whether the preview shows the notification of this title. */
function isPreviewOf(title: string): boolean {
  return document.querySelector("article h2")?.textContent === title;
}

/** In the page: what the preview says. */
function readPreview() {
  const article = document.querySelector("article")!;
  const text = (selector: string) => article.querySelector(selector)?.textContent ?? null;
  return {
    message: text(".message"),
    link: text(".where"),
    texts: [...article.querySelectorAll("dd, dd span, dd li, td")].map((element) => element.textContent),
    names: [...article.querySelectorAll("dt[title], th[title]")].map((element) =>
      element.getAttribute("title"),
    ),
    all: article.textContent,
  };
}
