import { SvelteMap } from "svelte/reactivity";
import { call } from "../../../client/api";
import type { Named } from "../../../client/types";
import { ACCESS, asked } from "../session/session.svelte";

/** Somebody as a list shows them; what is not told to everybody may be missing. */
export interface Somebody extends Named {
  email?: string;
  time_zone?: string;
}

/** How many are asked for at once. */
const AT_ONCE = 6;

/** How many a search shows. */
const FOUND = 8;

/** How many the directory tells at once. */
const WHOLE_DIRECTORY = 200;

/** Who the numbers of users stand for; null while that is being asked, or where nobody knows. */
export class People {
  readonly #known = new SvelteMap<number, Somebody | null>();
  readonly #source: "users" | "directory";
  readonly #isStaff: boolean;
  /** The first page of the directory, once it was asked for */
  #directory: Promise<void> | undefined;

  /**
   * @param source where to look people up: the list of users, which is for staff, or the directory of names
   * @param isStaff whether whoever asks may see single users
   */
  constructor(source: "users" | "directory" = "users", isStaff = true) {
    [this.#source, this.#isStaff] = [source, isStaff];
  }

  /** Somebody, where it is known who that is. */
  find(id: number): Somebody | undefined {
    return this.#known.get(id) ?? undefined;
  }

  /** Keeps in mind who others have named. */
  meet(named: Iterable<Named | null | undefined>): void {
    for (const somebody of named) {
      if (somebody) this.#known.set(somebody.id, { ...this.#known.get(somebody.id), ...somebody });
    }
  }

  /** Finds out who these are; those that are known are not asked for again. */
  async learn(ids: readonly number[]): Promise<void> {
    if (this.#source === "directory" && ids.some((id) => !this.#known.has(id))) {
      await (this.#directory ??= this.#readDirectory());
    }
    if (!this.#isStaff) return;
    const left = [...new Set(ids)].filter((id) => !this.#known.has(id));
    for (const id of left) this.#known.set(id, null);
    const one = async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) await this.#ask(id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  /** Finds out in which zone somebody lives; that is told to staff only. */
  async learnZone(id: number): Promise<void> {
    if (this.#isStaff && !this.find(id)?.time_zone) await this.#ask(id);
  }

  async #readDirectory(): Promise<void> {
    try {
      const path = `user/directory?limit=${WHOLE_DIRECTORY}`;
      this.meet((await asked(call<{ people: Named[] }>(ACCESS, "GET", path))).people);
    } catch {
      // Numbers stand for people until they are met.
    }
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
    const query = new URLSearchParams({ q: words, limit: String(FOUND) });
    const get = <Answer>(path: string) => asked(call<Answer>(ACCESS, "GET", path, undefined, { signal }));
    const found =
      this.#source === "users"
        ? (await get<{ users: Somebody[] }>(`user?${query}`)).users
        : (await get<{ people: Somebody[] }>(`user/directory?${query}`)).people;
    this.meet(found);
    return found;
  }
}
