import type { User } from "../../../../client/types";
import type { UsersView } from "../../route";
import { reasonOf } from "../../session/reason";
import { usersOf } from "./users";

/** The users as they are on show: the first page, and those after it that were asked for. */
export class UserList {
  items = $state.raw<readonly User[]>([]);
  phase = $state<"loading" | "there" | "failed">("loading");
  reason = $state("");
  isBusy = $state(false);
  /** Where further ones begin; null: there are none */
  next = $state.raw<string | null>(null);
  #view: UsersView | null = null;
  /** Answers to questions that nobody asks any more are dropped. */
  #question = 0;

  /** Shows those that a view lets through; what is on show stays until they are there. */
  async show(view: UsersView): Promise<void> {
    this.#view = view;
    await this.refresh();
  }

  /** Asks for the first page anew. */
  async refresh(): Promise<void> {
    await this.#ask(null);
  }

  /** Adds the page after the last on show. */
  async more(): Promise<void> {
    if (this.next && !this.isBusy) await this.#ask(this.next);
  }

  async #ask(cursor: string | null): Promise<void> {
    if (!this.#view) return;
    const question = ++this.#question;
    this.isBusy = true;
    try {
      const page = await usersOf(this.#view, cursor);
      if (question !== this.#question) return;
      this.items = cursor ? [...this.items, ...page.users] : page.users;
      [this.next, this.phase, this.reason] = [page.next_cursor, "there", ""];
    } catch (error) {
      if (question !== this.#question) return;
      this.reason = reasonOf(error);
      if (this.phase === "loading") this.phase = "failed";
    }
    this.isBusy = false;
  }
}
