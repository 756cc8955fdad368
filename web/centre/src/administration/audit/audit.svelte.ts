import { call } from "../../../../client/api";
import type { AuditAnswer, AuditEntry } from "../../../../client/types";
import type { AuditView } from "../../route";
import { reasonOf } from "../../session/reason";
import { ACCESS, asked } from "../../session/session.svelte";
import { addDays, dayStart, rfc3339 } from "../../time/zone";
import type { People } from "../people";
import { peopleIn } from "./entry";

/** How many entries a page holds. */
const PAGE = 50;

/** What a view asks the server for; days are those of the reader's zone. */
export function queryOf({ module, record, group, user, from, until }: AuditView, zone: string): string {
  const wanted = {
    module,
    // An id is one of a module: without the module it means nothing.
    record_id: module && record,
    group,
    actor_id: user === null ? null : String(user),
    from: from && rfc3339(dayStart(from, zone)),
    until: until && rfc3339(dayStart(addDays(until, 1), zone)),
  };
  const given = Object.entries(wanted).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return new URLSearchParams(given).toString();
}

/** The activity log as it is on show: the newest page, and the older ones that were asked for. */
export class ActivityLog {
  items = $state.raw<readonly AuditEntry[]>([]);
  phase = $state<"loading" | "there" | "failed">("loading");
  reason = $state("");
  isBusy = $state(false);
  /** Where older ones begin; null: there are none */
  next = $state.raw<string | null>(null);
  readonly #people: People;
  #query = "";
  /** Answers to questions that nobody asks any more are dropped. */
  #question = 0;

  constructor(people: People) {
    this.#people = people;
  }

  /** Shows what a query lets through. */
  async show(query: string): Promise<void> {
    this.#query = query;
    [this.phase, this.items] = ["loading", []];
    await this.refresh();
  }

  /** Asks for the newest page anew. */
  async refresh(): Promise<void> {
    await this.#ask(null);
  }

  /** Adds the page before the oldest on show. */
  async older(): Promise<void> {
    if (this.next && !this.isBusy) await this.#ask(this.next);
  }

  async #ask(cursor: string | null): Promise<void> {
    const question = ++this.#question;
    this.isBusy = true;
    const query = new URLSearchParams(this.#query);
    query.set("limit", String(PAGE));
    if (cursor) query.set("cursor", cursor);
    try {
      const page = await asked(call<AuditAnswer>(ACCESS, "GET", `audit?${query}`));
      if (question !== this.#question) return;
      this.items = cursor ? [...this.items, ...page.entries] : page.entries;
      [this.next, this.phase, this.reason] = [page.next_cursor, "there", ""];
      void this.#people.learn(page.entries.flatMap(peopleIn));
    } catch (error) {
      if (question !== this.#question) return;
      this.reason = reasonOf(error);
      if (this.phase === "loading") this.phase = "failed";
    }
    this.isBusy = false;
  }
}
