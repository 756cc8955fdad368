import { type Action, call, change, markAllRead, Refusal, remove } from "../../../client/api";
import type { ChangedAnswer, CrmRecord, Notification } from "../../../client/types";
import { reasonOf } from "../session/reason";
import { ACCESS, asked } from "../session/session.svelte";
import { t } from "../text/text.svelte";
import { rfc3339 } from "../time/zone";
import { back, foreseen, matters, type Step } from "./change";
import type { Inbox } from "./inbox.svelte";
import { type Deed, Deeds } from "./undo";

/** How many requests of a bulk action are under way at once. */
const AT_ONCE = 6;

/** What one does to notifications: shown at once, told to the server, taken back if it refuses or one changes one's mind. */
export class Acts {
  /** What was just done, with its way back. */
  shown = $state.raw<Deed | null>(null);
  #deeds = new Deeds((deed) => (this.shown = deed));
  #inbox: Inbox;
  #atOnce = AT_ONCE;
  /** Requests for one notification go one after the other: undoing must not overtake doing. */
  #queues = new Map<number, Promise<unknown>>();

  constructor(inbox: Inbox) {
    this.#inbox = inbox;
  }

  /** Does a step to each notification to which it matters. `said` is what the notice says instead of the usual. */
  do(items: readonly Notification[], step: Step, said?: string): void {
    const before = items.filter((item) => matters(item, step));
    if (before.length === 0) return;
    void this.#carryOut(before, () => step);
    this.#deeds.add({
      text: said ?? t().done[step.action](before.length),
      undo: () => void this.#takeBack(before, step),
    });
  }

  /** Ends the activity that a reminder is about, and archives the reminder. */
  complete(item: Notification, activity: string): void {
    const before = this.#complete(item, activity);
    this.#deeds.add({
      text: t().done.complete,
      undo: () => void this.#reopen(item, activity, before),
    });
  }

  /** @returns the activity's status before; undefined where it could not be ended */
  async #complete(item: Notification, activity: string): Promise<unknown> {
    let before: unknown;
    const step: Step = { action: "archive" };
    this.#inbox.expect(foreseen(item, step, rfc3339(Date.now())), false);
    await this.#each(
      [item],
      async () => {
        const { record } = await aboutRecord(() =>
          call<{ record: CrmRecord }>(ACCESS, "GET", pathOf(activity)),
        );
        await aboutRecord(() => setStatus(activity, "Completed"));
        before = record.fields.status ?? null;
        const answer = await change(ACCESS, item.notification_id, step.action);
        this.#inbox.answered(item.notification_id);
        return answer;
      },
      () => this.#inbox.answered(item.notification_id, item),
    );
    return before;
  }

  /** Takes a completion back, once it is known what there was before. */
  async #reopen(item: Notification, activity: string, before: Promise<unknown>): Promise<void> {
    const status = await before;
    if (status === undefined) return;
    try {
      await asked(setStatus(activity, status));
      await this.#takeBack([item], { action: "archive" });
    } catch (error) {
      this.fail(t().done.failed(reasonOf(error)));
    }
  }

  /** Marks as read what was opened, without a word. */
  read(item: Notification): void {
    const step: Step = { action: "mark-read" };
    if (matters(item, step)) void this.#carryOut([item], () => step);
  }

  /** Deletes when it can no longer be undone. */
  delete(items: readonly Notification[]): void {
    if (items.length === 0) return;
    this.#inbox.hide(items.map((item) => item.notification_id));
    this.#deeds.add({
      text: t().done.delete(items.length),
      undo: () => this.#inbox.unhide(items),
      settle: () => void this.#each(items, (item) => remove(ACCESS, item.notification_id), this.#notDeleted),
    });
  }

  /** Reads all that is on show and what is older; what comes in meanwhile stays unread. */
  async readAll(): Promise<void> {
    const { items, isComplete } = this.#inbox.now;
    const newest = items[0];
    if (!newest) return;
    const unread = items.filter((item) => !item.is_read);
    const areAllKnown = isComplete || unread.length === this.#inbox.unread;
    const [upTo, moment] = [newest.notification_id, this.#inbox.moment];
    this.#inbox.readAll(upTo, rfc3339(Date.now()));
    const undo = () => void this.#takeBack(unread, { action: "mark-read" });
    this.#deeds.add({ text: t().done.readAll, ...(areAllKnown && unread.length > 0 && { undo }) });
    try {
      const answer = await asked(markAllRead(ACCESS, upTo));
      this.#inbox.count(answer.unread_count, moment);
    } catch (error) {
      this.fail(t().done.failed(reasonOf(error)));
      void this.#inbox.refresh();
    }
  }

  /** Takes back the newest that can be. */
  undo(): boolean {
    return this.#deeds.undo();
  }

  pause(): void {
    this.#deeds.pause();
  }

  resume(): void {
    this.#deeds.resume();
  }

  /** Ends the grace: one has read the notice. */
  settle(): void {
    this.#deeds.settle();
  }

  /** The page is going away: what waits must be on its way now, all of it. Resolves when the server has answered. */
  async leave(): Promise<void> {
    this.#atOnce = Infinity;
    this.#deeds.settle();
    this.#atOnce = AT_ONCE;
    await Promise.all(this.#queues.values());
  }

  /** Says that something went wrong. */
  fail(text: string): void {
    this.#deeds.add({ text, isBad: true });
  }

  /** Says something that needs no way back. */
  say(text: string): void {
    this.#deeds.add({ text });
  }

  async #takeBack(before: readonly Notification[], step: Step): Promise<void> {
    await this.#carryOut(
      before.map((item) => foreseen(item, step, rfc3339(Date.now()))),
      (_, index) => back(before[index] as Notification, step),
    );
  }

  async #carryOut(
    items: readonly Notification[],
    stepOf: (item: Notification, index: number) => Step,
  ): Promise<void> {
    const now = rfc3339(Date.now());
    const steps = new Map(items.map((item, index) => [item, stepOf(item, index)]));
    for (const [item, step] of steps) this.#inbox.expect(foreseen(item, step, now), isReading(step.action));
    await this.#each(
      items,
      async (item) => {
        const { action, until } = steps.get(item) as Step;
        const answer = await change(ACCESS, item.notification_id, action, until);
        this.#inbox.answered(item.notification_id);
        return answer;
      },
      (item, error) => {
        if (isGone(error)) this.#inbox.lose(item.notification_id);
        else this.#inbox.answered(item.notification_id, item);
      },
    );
  }

  /** Makes a request for each item, a few at a time; says once how many failed, and why. */
  async #each(
    items: readonly Notification[],
    request: (item: Notification) => Promise<ChangedAnswer>,
    onFailure: (item: Notification, error: unknown) => void,
  ): Promise<void> {
    const waiting = [...items];
    const reasons: string[] = [];
    const work = async () => {
      for (let item = waiting.shift(); item; item = waiting.shift()) {
        const { moment } = this.#inbox;
        try {
          const answer = await this.#inTurn(item.notification_id, () => request(item as Notification));
          this.#inbox.count(answer.unread_count, moment);
        } catch (error) {
          onFailure(item, error);
          if (!isGone(error)) reasons.push(reasonOf(error));
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#atOnce, items.length) }, work));
    const [reason] = reasons;
    if (reason) {
      const { failed, failedSome } = t().done;
      this.fail(items.length === 1 ? failed(reason) : failedSome(reasons.length, reason));
    }
  }

  #notDeleted = (item: Notification, error: unknown) => {
    if (!isGone(error)) this.#inbox.unhide([item]);
  };

  async #inTurn<Answer>(id: number, request: () => Promise<Answer>): Promise<Answer> {
    const before = this.#queues.get(id);
    const mine = before ? before.then(request, request) : asked(request());
    const settled = mine.catch(() => {});
    this.#queues.set(id, settled);
    try {
      return await asked(mine);
    } finally {
      if (this.#queues.get(id) === settled) this.#queues.delete(id);
    }
  }
}

/** Whether a step is one after which an unread list keeps its item. */
function isReading(action: Action): boolean {
  return action === "mark-read" || action === "mark-unread";
}

const pathOf = (activity: string) => `record/activities/${encodeURIComponent(activity)}`;

/** A status of null takes the field away. */
function setStatus(activity: string, status: unknown): Promise<unknown> {
  return call(ACCESS, "PATCH", pathOf(activity), { fields: { status } });
}

/** Asks about a record: one that is not there does not mean that the notification is gone. */
async function aboutRecord<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw isGone(error) ? new Refusal(409, (error as Refusal).message) : error;
  }
}

/** Deleted elsewhere meanwhile: the stream says so too, and nobody need be told twice. */
function isGone(error: unknown): boolean {
  return error instanceof Refusal && error.status === 404;
}
