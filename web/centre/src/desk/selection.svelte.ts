import { SvelteSet } from "svelte/reactivity";

/** What one has ticked in the list, to do the same to all of it. */
export class Selection {
  #ids = new SvelteSet<number>();
  /** From where a range goes: the one that was ticked last */
  #anchor: number | null = null;

  get size(): number {
    return this.#ids.size;
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }

  /** Ticks one, or lets it go. */
  toggle(id: number): void {
    if (!this.#ids.delete(id)) this.#ids.add(id);
    this.#anchor = id;
  }

  /** Ticks all from the last one to this one, in the order of a list. */
  extendTo(id: number, ids: readonly number[]): void {
    const from = this.#anchor === null ? -1 : ids.indexOf(this.#anchor);
    const to = ids.indexOf(id);
    if (from < 0 || to < 0) return this.toggle(id);
    this.add(ids.slice(Math.min(from, to), Math.max(from, to) + 1));
    this.#anchor = id;
  }

  add(ids: Iterable<number>): void {
    for (const id of ids) this.#ids.add(id);
  }

  remove(id: number): void {
    this.#ids.delete(id);
  }

  clear(): void {
    this.#ids.clear();
    this.#anchor = null;
  }
}
