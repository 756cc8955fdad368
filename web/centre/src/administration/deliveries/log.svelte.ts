import { call, deliveries, type DeliveryFilter } from "../../../../client/api";
import type { Delivery, SummaryAnswer } from "../../../../client/types";
import type { LogView } from "../../route";
import { reasonOf } from "../../session/reason";
import { ACCESS, asked } from "../../session/session.svelte";
import { addDays, dayStart, rfc3339 } from "../../time/zone";
import type { People } from "../people";

/** How many deliveries a page holds. */
const PAGE = 50;

/** Before anything was ever sent. */
const THE_BEGINNING = "1970-01-01T00:00:00Z";

/** What a view asks the server for; days are those of the reader's zone. */
export function filterOf({ user, notification, channel, state, from, until }: LogView, zone: string) {
  return {
    user_id: user,
    notification_id: notification,
    channel,
    state,
    from: from && rfc3339(dayStart(from, zone)),
    until: until && rfc3339(dayStart(addDays(until, 1), zone)),
  } satisfies DeliveryFilter;
}

/** The delivery log as it is on show: the newest page, and the older ones that were asked for. */
export class Log {
  items = $state.raw<readonly Delivery[]>([]);
  summary = $state.raw<SummaryAnswer | null>(null);
  phase = $state<"loading" | "there" | "failed">("loading");
  reason = $state("");
  isBusy = $state(false);
  /** When it was last true */
  asOf = $state<number | null>(null);
  /** How many pages are on show; it keeps itself up to date only while it is one. */
  pages = $state(1);
  /** Where older ones begin; null: there are none */
  next = $state.raw<string | null>(null);
  readonly #people: People;
  #filter: DeliveryFilter = {};
  /** Answers to questions that nobody asks any more are dropped. */
  #question = 0;

  constructor(people: People) {
    this.#people = people;
  }

  /** Shows what a filter lets through. */
  async show(filter: DeliveryFilter): Promise<void> {
    this.#filter = filter;
    this.phase = "loading";
    this.items = [];
    await this.refresh();
  }

  /** Asks for the newest page and the sums anew. */
  async refresh(): Promise<void> {
    const question = ++this.#question;
    this.isBusy = true;
    try {
      const [page, summary] = await Promise.all([
        asked(deliveries(ACCESS, { ...this.#filter, limit: PAGE })),
        asked(call<SummaryAnswer>(ACCESS, "GET", "delivery/summary")),
      ]);
      if (question !== this.#question) return;
      [this.items, this.next, this.summary, this.pages] = [page.deliveries, page.next_cursor, summary, 1];
      [this.phase, this.reason, this.asOf] = ["there", "", Date.now()];
      this.#meet(this.items);
    } catch (error) {
      if (question !== this.#question) return;
      this.reason = reasonOf(error);
      if (this.phase === "loading") this.phase = "failed";
    }
    this.isBusy = false;
  }

  /** Adds the page before the oldest on show. */
  async older(): Promise<void> {
    if (!this.next || this.isBusy) return;
    const question = ++this.#question;
    this.isBusy = true;
    try {
      const page = await asked(deliveries(ACCESS, { ...this.#filter, limit: PAGE, cursor: this.next }));
      if (question !== this.#question) return;
      this.items = [...this.items, ...page.deliveries];
      [this.next, this.pages, this.reason] = [page.next_cursor, this.pages + 1, ""];
      this.#meet(page.deliveries);
    } catch (error) {
      if (question !== this.#question) return;
      this.reason = reasonOf(error);
    }
    this.isBusy = false;
  }

  /** Finds out whose they are. */
  #meet(items: readonly Delivery[]): void {
    void this.#people.learn(items.map((item) => item.user_id).filter((id) => id !== null));
  }

  /** @throws {Refusal} where it cannot be tried again */
  async retry(id: string): Promise<void> {
    await asked(call(ACCESS, "POST", `delivery/${encodeURIComponent(id)}/retry`, {}));
    await this.#see(id);
  }

  /** Shows what became of one, wherever it stands; the newest page is asked for anew. */
  async #see(id: string): Promise<void> {
    if (this.pages === 1) return this.refresh();
    const { notification_id, record } = this.items.find((item) => item.id === id) ?? {};
    const { deliveries: found } = await asked(deliveries(ACCESS, { notification_id, record }));
    const fresh = new Map(found.map((item) => [item.id, item]));
    this.items = this.items.map((item) => fresh.get(item.id) ?? item);
  }

  /**
   * Tries everything again that failed for good and matches.
   *
   * @returns how many those are
   * @throws {Refusal} where the server refuses
   */
  async retryAll(): Promise<number> {
    const { channel, user_id, from, until } = this.#filter;
    const given = Object.entries({ channel, user_id, from, until }).filter(([, value]) => value != null);
    // The server wants to be told something, lest nobody retries the whole past by mistake: here one was asked.
    if (given.length === 0) given.push(["from", THE_BEGINNING]);
    const { retried } = await asked(
      call<{ retried: number }>(ACCESS, "POST", "delivery/retry", Object.fromEntries(given)),
    );
    await this.refresh();
    return retried;
  }
}
