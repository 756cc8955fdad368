// The notification centre, in the words of its user.
import type { Locator, Page } from "playwright-core";
import { eventually } from "./wait";

export class Centre {
  readonly page: Page;
  readonly list: Locator;
  readonly rows: Locator;
  readonly preview: Locator;
  readonly toast: Locator;
  readonly undo: Locator;

  constructor(page: Page) {
    this.page = page;
    this.list = page.getByRole("region", { name: "Notifications", exact: true });
    this.rows = this.list.locator("[data-row]");
    this.preview = page.getByRole("region", { name: "Notification", exact: true });
    this.toast = page.locator(".toast");
    this.undo = this.toast.getByRole("button", { name: "Undo" });
  }

  /** The row with this title. */
  row(title: string): Locator {
    return this.rows.filter({ has: this.page.getByText(title, { exact: true }) });
  }

  link(title: string): Locator {
    return this.row(title).getByRole("link");
  }

  tab(name: "All" | "Unread" | "Snoozed" | "Archived"): Locator {
    return this.page.getByRole("navigation", { name: "Which notifications" }).getByRole("link", { name });
  }

  act(title: string, name: string): Locator {
    return this.row(title).getByRole("button", { name, exact: true });
  }

  /** Presses what a row shows while one points at it. */
  async press(title: string, name: string): Promise<void> {
    await this.row(title).hover();
    await this.act(title, name).click();
  }

  /** Waits until the tab's title counts so many. */
  async counts(unread: number, within = 10_000): Promise<void> {
    const begins = unread > 99 ? "(99+) " : unread > 0 ? `(${unread}) ` : "";
    await eventually(`the title to begin with "${begins}"`, within, async () => {
      const title = await this.page.title();
      const is = begins ? title.startsWith(begins) : !title.startsWith("(");
      if (!is) throw new Error(`the title is "${title}", not "${begins}…"`);
      return true;
    });
  }

  async titles(): Promise<string[]> {
    return await this.rows.locator(".title").allTextContents();
  }

  async isUnread(title: string): Promise<boolean> {
    return (await this.row(title).getByText("Unread:").count()) > 0;
  }
}
