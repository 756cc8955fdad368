// Looks on while pages are used, and holds everything against them that no page of ours may do.
import type { BrowserContext, ConsoleMessage, Page, Request } from "playwright-core";

/** What every page says of itself by the console: it comes before any script of the page. */
const IN_PAGE = `
  addEventListener("securitypolicyviolation", (event) => {
    console.error("[csp] " + event.effectiveDirective + " blocked " + (event.blockedURI || "inline")
      + " at " + event.sourceFile + ":" + event.lineNumber + " " + event.sample);
  });
  Object.defineProperty(window, "__xss", {
    configurable: true,
    set(value) { console.error("[xss] data ran as a script: " + value); },
  });
`;

/** A 401 is no fault where one asks who one is, or follows a stream when the session ends. */
const ASKING = /\/crm\/((user|auth)\/me|notification\/stream\?.*)$/;

export class Watch {
  readonly #origin: string;
  readonly #problems: string[] = [];
  readonly #allowed: RegExp[] = [];
  readonly #pages = new Map<Page, string>();

  private constructor(origin: string) {
    this.#origin = origin;
  }

  static async over(context: BrowserContext, origin: string): Promise<Watch> {
    const watch = new Watch(origin);
    await context.addInitScript(IN_PAGE);
    context.on("page", (page) => watch.#follow(page));
    context.on("request", (request) => watch.#request(request));
    context.on("weberror", (error) => watch.#note(`page error: ${error.error().stack ?? error.error()}`));
    context.on("dialog", (dialog) => {
      watch.#note(`dialog: ${dialog.type()} ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    context.on("console", (message) => watch.#console(message));
    return watch;
  }

  /** Lets problems pass whose words match: for what a test brings about itself. */
  allow(words: RegExp): void {
    this.#allowed.push(words);
  }

  /** What was seen that no page of ours may do. */
  get problems(): string[] {
    return this.#problems.filter((problem) => !this.#allowed.some((words) => words.test(problem)));
  }

  #note(problem: string): void {
    this.#problems.push(problem);
  }

  #follow(page: Page): void {
    this.#pages.set(page, page.url());
    page.on("crash", () => this.#note(`crash of ${page.url()}`));
  }

  #request(request: Request): void {
    const url = new URL(request.url());
    const isOwn = url.origin === this.#origin || ["data:", "blob:", "about:"].includes(url.protocol);
    if (!isOwn) this.#note(`request to another host: ${request.url()}`);
  }

  #console(message: ConsoleMessage): void {
    if (message.type() !== "error") return;
    const { url } = message.location();
    if (message.text().includes("status of 401") && ASKING.test(url)) return;
    this.#note(`console: ${message.text()} (${url})`);
  }
}
