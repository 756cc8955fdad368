import type { CrmRecord } from "../../../../client/types";
import type { RecordsView } from "../../route";
import { reasonOf } from "../../session/reason";
import type { Crm } from "../crm.svelte";

/** The records of a module on show: the newest page, and the older ones that were asked for. */
export class RecordPages {
  items = $state.raw<readonly CrmRecord[]>([]);
  phase = $state<"loading" | "there" | "failed">("loading");
  reason = $state("");
  isBusy = $state(false);
  /** Where older ones begin; null: there are none */
  next = $state.raw<string | null>(null);
  readonly #crm: Crm;
  #module = "";
  #view: RecordsView | null = null;
  /** Answers to questions that nobody asks any more are dropped. */
  #question = 0;

  constructor(crm: Crm) {
    this.#crm = crm;
  }

  /** Shows what a view lets through; what is on show of it stays until the answer is there. */
  async show(module: string, view: RecordsView): Promise<void> {
    const isSame = module === this.#module && JSON.stringify(view) === JSON.stringify(this.#view);
    [this.#module, this.#view] = [module, view];
    if (!isSame) [this.phase, this.items] = ["loading", []];
    await this.refresh();
  }

  /** Asks for the newest page anew. */
  async refresh(): Promise<void> {
    await this.#ask(null);
  }

  /** Adds the page after the oldest on show. */
  async more(): Promise<void> {
    if (this.next && !this.isBusy) await this.#ask(this.next);
  }

  async #ask(cursor: string | null): Promise<void> {
    if (!this.#view) return;
    const question = ++this.#question;
    this.isBusy = true;
    try {
      const count = cursor === null ? this.items.length : 0;
      const page = await this.#crm.list(this.#module, this.#view, cursor, count);
      if (question !== this.#question) return;
      const kept = cursor === null ? [] : this.items;
      const known = new Set(kept.map(({ id }) => id));
      this.items = [...kept, ...page.records.filter(({ id }) => !known.has(id))];
      [this.next, this.phase, this.reason] = [page.next_cursor, "there", ""];
    } catch (error) {
      if (question !== this.#question) return;
      this.reason = reasonOf(error);
      if (this.phase === "loading") this.phase = "failed";
    }
    this.isBusy = false;
  }
}
