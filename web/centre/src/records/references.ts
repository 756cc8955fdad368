import { untrack } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import { Refusal } from "../../../client/api";
import type { CrmRecord } from "../../../client/types";
import type { Reference } from "./detail/reference";

/** How many are asked for at once. */
const AT_ONCE = 6;

/** What records are called to which others refer by module and id. */
export class References {
  /** The label of each; null where there is no such record, or it may not be read */
  readonly #labels = new SvelteMap<string, string | null>();
  /** Those that were asked for, and are not asked for again */
  readonly #asked = new Set<string>();
  readonly #waiting: Reference[] = [];
  #busy = 0;
  readonly #find: (module: string, id: string) => Promise<Pick<CrmRecord, "label">>;

  /** @param find asks for one record */
  constructor(find: (module: string, id: string) => Promise<Pick<CrmRecord, "label">>) {
    this.#find = find;
  }

  /** What a record is called; null where nobody can say, undefined while that is not known yet. */
  labelOf(reference: Reference): string | null | undefined {
    return this.#labels.get(keyOf(reference));
  }

  /** Keeps in mind what a record is called. */
  meet({ label, ...reference }: Reference & { label: string }): void {
    this.#labels.set(keyOf(reference), label);
  }

  /** A record is no more: its id stands for it. */
  forget(reference: Reference): void {
    this.#labels.set(keyOf(reference), null);
  }

  /** Finds out what these are called; those that are known are not asked for again. */
  learn(references: readonly Reference[]): void {
    // Whoever shows them waits for each of them alone.
    untrack(() => {
      for (const reference of references) {
        const key = keyOf(reference);
        if (this.#asked.has(key) || this.#labels.get(key)) continue;
        this.#asked.add(key);
        this.#waiting.push(reference);
      }
      while (this.#busy < AT_ONCE && this.#waiting.length > 0) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy++;
    for (let one = this.#waiting.shift(); one; one = this.#waiting.shift()) await this.#ask(one);
    this.#busy--;
  }

  async #ask(reference: Reference): Promise<void> {
    const key = keyOf(reference);
    try {
      const { label } = await this.#find(reference.module, reference.id);
      this.#labels.set(key, label);
    } catch (error) {
      // The id stands for it; where the server could not be asked, the next to show it asks again.
      const isSaid = error instanceof Refusal && [400, 403, 404].includes(error.status);
      if (!isSaid) this.#asked.delete(key);
      this.#labels.set(key, null);
    }
  }
}

/** Neither has a line break: names of modules are words, and ids are in one line. */
function keyOf({ module, id }: Reference): string {
  return `${module}\n${id}`;
}
