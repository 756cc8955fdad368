// The test function of the stories: with a server, a browser, and people who visit it under watch.
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { test as plain } from "vitest";
import { type Person, Server } from "./server";
import { Watch } from "./watch";

export * from "./server";
export { eventually, timed } from "./wait";
export { afterAll, beforeAll, describe, expect } from "vitest";

const CHROMIUM = process.env.BELFRY_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a page may take for what has no limit of its own, in milliseconds. */
const PATIENCE_MS = 10_000;

/** A browser profile with somebody before it: its cookies, its tabs, and what they did wrong. */
export class Visitor {
  readonly context: BrowserContext;
  readonly watch: Watch;
  readonly #server: Server;

  constructor(context: BrowserContext, watch: Watch, server: Server) {
    [this.context, this.watch, this.#server] = [context, watch, server];
  }

  /** Signs in without the page for it. */
  async signIn(who: Person, userAgent?: string): Promise<void> {
    const [name, value] = splitOnce(await this.#server.cookie(who, userAgent), "=");
    const cookie = { name, value, url: this.#server.origin.replace("http:", "https:"), secure: true };
    await this.context.addCookies([{ ...cookie, httpOnly: true, sameSite: "Lax" }]);
  }

  /** Opens a tab. */
  async open(path: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(this.#server.origin + path);
    return page;
  }
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return [text.slice(0, at), text.slice(at + by.length)];
}

/** Who comes, and with what browser. */
export type VisitOptions = BrowserContextOptions & { as?: Person };

export async function launch(): Promise<Browser> {
  return await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, chromiumSandbox: false });
}

/** A browser profile under watch. */
export async function visit(
  browser: Browser,
  server: Server,
  { as: who, ...options }: VisitOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/London",
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const visitor = new Visitor(context, await Watch.over(context, server.origin), server);
  if (who) await visitor.signIn(who, options.userAgent);
  return visitor;
}

interface Fixtures {
  /** One server for all tests of a file: people are what keeps them apart. */
  server: Server;
  browser: Browser;
  /** Somebody new with an empty inbox. */
  person: Person;
  /** Opens a browser profile; what it does wrong fails the test. */
  visit: (options?: VisitOptions) => Promise<Visitor>;
}

export const test = plain.extend<Fixtures>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.end();
    },
    { scope: "file" },
  ],
  browser: [
    async ({}, use) => {
      const browser = await launch();
      await use(browser);
      await browser.close();
    },
    { scope: "file" },
  ],
  person: async ({ server }, use) => await use(await server.person()),
  visit: async ({ server, browser }, use) => {
    const visitors: Visitor[] = [];
    await use(async (options) => {
      const visitor = await visit(browser, server, options);
      visitors.push(visitor);
      return visitor;
    });
    for (const { context } of visitors) await context.close();
    const problems = visitors.flatMap(({ watch }) => watch.problems);
    if (problems.length > 0) throw new Error(`Pages did what they may not:\n- ${problems.join("\n- ")}`);
  },
});
