import type { CrmRecord, DuplicatePair } from "../../../../client/types";
import { reasonOf } from "../../session/reason";
import type { Crm } from "../crm.svelte";

/** Likely duplicates as they are on show: the newest page, and the older ones that were asked for. */
export class Pairs {
  items = $state.raw<readonly DuplicatePair[]>([]);
  /** The modules that are looked at; null until they are known */
  modules = $state.raw<readonly string[] | null>(null);
  isChecking = $state(false);
  next = $state.raw<string | null>(null);
  reason = $state("");
  isBusy = $state(false);
  readonly #crm: Crm;
  /** Answers to questions that nobody asks any more are dropped. */
  #question = 0;

  constructor(crm: Crm) {
    this.#crm = crm;
  }

  /** Asks for the newest page, or for the one before the oldest on show. */
  async ask(
    of: { module: string | null; record?: CrmRecord },
    isDismissed: boolean,
    isMore = false,
  ): Promise<void> {
    const question = ++this.#question;
    this.isBusy = true;
    try {
      const page = await this.#crm.duplicates(of, isDismissed, isMore ? this.next : null);
      if (question !== this.#question) return;
      this.items = isMore ? [...this.items, ...page.duplicates] : page.duplicates;
      [this.modules, this.next, this.isChecking] = [page.modules, page.next_cursor, page.is_checking];
      this.reason = "";
    } catch (error) {
      if (question !== this.#question) return;
      this.reason = reasonOf(error);
    }
    this.isBusy = false;
  }
}
