import { SvelteMap } from "svelte/reactivity";
import { call } from "../../../client/api";
import { ACCESS, asked } from "../session/session.svelte";

/** Somebody as a list shows them. */
export interface Somebody {
  id: number;
  name: string;
  email: string;
}

/** How many are asked for at once. */
const AT_ONCE = 6;

/** Who the numbers of users stand for; null while that is being asked, or where nobody knows. */
export class People {
  readonly #known = new SvelteMap<number, Somebody | null>();

  /** Somebody, where it is known who that is. */
  find(id: number): Somebody | undefined {
    return this.#known.get(id) ?? undefined;
  }

  /** Finds out who these are; those that are known are not asked for again. */
  async learn(ids: readonly number[]): Promise<void> {
    const left = [...new Set(ids)].filter((id) => !this.#known.has(id));
    for (const id of left) this.#known.set(id, null);
    const one = async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) await this.#ask(id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  async #ask(id: number): Promise<void> {
    try {
      const { user } = await asked(call<{ user: Somebody }>(ACCESS, "GET", `user/${id}`));
      this.#known.set(id, user);
    } catch {
      // Gone, or not to be had now: the number stands for them.
    }
  }

  /** Those with these words in name or e-mail, the first few. */
  async search(words: string, signal: AbortSignal): Promise<Somebody[]> {
    const query = new URLSearchParams({ q: words, limit: "8" });
    const { users } = await asked(
      call<{ users: Somebody[] }>(ACCESS, "GET", `user?${query}`, undefined, { signal }),
    );
    for (const user of users) this.#known.set(user.id, user);
    return users;
  }
}
