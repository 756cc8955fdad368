// The bell of a page, in the words of its user.
import type { Locator, Page } from "playwright-core";

export class Bell {
  readonly page: Page;
  readonly host: Locator;
  readonly button: Locator;
  readonly badge: Locator;
  readonly panel: Locator;
  readonly rows: Locator;
  readonly older: Locator;
  readonly undo: Locator;

  constructor(page: Page) {
    this.page = page;
    this.host = page.locator("belfry-bell");
    this.button = this.host.locator("button.bell");
    this.badge = this.host.locator(".badge");
    this.panel = this.host.getByRole("dialog", { name: /^(Notifications|Benachrichtigungen)$/ });
    this.rows = this.panel.locator("ul > li");
    this.older = this.panel.getByRole("button", { name: "Load older" });
    this.undo = this.panel.getByRole("button", { name: "Undo" });
  }

  /** The row whose title it is. */
  row(title: string): Locator {
    return this.rows.filter({ has: this.page.getByText(title, { exact: true }) });
  }

  /** Waits until the bell is up to date for the first time. */
  async ready(count: number): Promise<void> {
    await this.shows(count);
  }

  async open(): Promise<void> {
    await this.button.click();
    await this.panel.waitFor();
  }

  /** Waits until the badge says so many, within so many milliseconds. */
  async shows(count: number, within = 10_000): Promise<void> {
    const says = count > 99 ? "99+" : count > 0 ? String(count) : "";
    const name = count > 0 ? `Notifications, ${count} unread` : "Notifications";
    const is = async () => (await this.badge.textContent()) === says && (await this.name()) === name;
    const end = performance.now() + within;
    while (!(await is())) {
      if (performance.now() > end) {
        const now = `${await this.badge.textContent()} (${await this.name()})`;
        throw new Error(`the badge says ${now}, not ${says || "nothing"} (${name}), after ${within} ms`);
      }
    }
  }

  async name(): Promise<string | null> {
    return await this.button.getAttribute("aria-label");
  }

  /** The titles on show, from the top. */
  async titles(): Promise<string[]> {
    return await this.panel.locator("ul > li b").allTextContents();
  }

  /** Whether the row looks unread, for eyes and for ears. */
  async isUnread(title: string): Promise<boolean> {
    return (await this.row(title).getByText("Unread:").count()) > 0;
  }

  /** What has the keyboard, within the bell or in the page. */
  async focused(): Promise<string> {
    return await this.page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      const title = element?.querySelector("b")?.textContent;
      return (
        title ?? element?.getAttribute("aria-label") ?? element?.textContent ?? element?.tagName ?? "nothing"
      );
    });
  }
}
