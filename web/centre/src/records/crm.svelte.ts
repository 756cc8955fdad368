import { createContext } from "svelte";
import { call } from "../../../client/api";
import type {
  CommentedAnswer,
  CommentsAnswer,
  ConvertAnswer,
  CrmRecord,
  DuplicatesAnswer,
  ModuleInfo,
  Recipient,
  RecordsAnswer,
  Remark,
  SupportAnswer,
} from "../../../client/types";
import { People } from "../people/people";
import type { RecordsView } from "../route";
import { reasonOf } from "../session/reason";
import { ACCESS, asked, isStaff, type Person } from "../session/session.svelte";
import { References } from "./references";

/** How many records a page holds, and how many may be asked for at once. */
const PAGE = 30;
const LARGEST_PAGE = 100;

/** How many a search shows that one chooses from. */
const FOUND = 8;

/** How long a search may be, in characters. */
export const LONGEST_SEARCH = 100;

/** The module whose records have a time, reminders and the Send Notification box. */
export const ACTIVITIES = "activities";

/** The module whose records can be converted. */
export const LEADS = "leads";

/** The module whose records have comments and response times. */
export const TICKETS = "tickets";

/** What is changed of a record, or said of a new one; what is left out stays as it is. */
export interface RecordChange {
  label?: string;
  link?: string | null;
  assigned_to?: number | null;
  fields?: Record<string, unknown>;
  send_notification?: boolean;
  override_credit_limit?: boolean;
  version?: number;
}

/** A notification by hand. */
export interface Letter {
  users: number[];
  groups: string[];
  subject: string;
  text: string | null;
}

interface RecordAnswer {
  record: CrmRecord;
}

/** The CRM as Belfry knows it: its modules, and every way to ask for records and to change them. */
export class Crm {
  modules = $state.raw<readonly ModuleInfo[] | null>(null);
  reason = $state("");
  readonly me: Person;
  readonly people: People;
  /** What the records are called to which others refer */
  readonly references = new References((module, id) => this.find(module, id));

  constructor(me: Person) {
    this.me = me;
    this.people = new People("directory", isStaff(me));
    this.people.meet([me]);
  }

  /** Finds out which modules there are. */
  async load(): Promise<void> {
    try {
      const { modules } = await asked(call<{ modules: ModuleInfo[] }>(ACCESS, "GET", "record"));
      [this.modules, this.reason] = [modules, ""];
    } catch (error) {
      this.reason = reasonOf(error);
    }
  }

  /** A module by its name. */
  module(name: string): ModuleInfo | undefined {
    return this.modules?.find((module) => module.name === name);
  }

  /**
   * @param count how many are on show already: so many are asked for, where there are more than a page has
   * @throws {Refusal} as all that follow, where the server refuses
   */
  async list(module: string, view: RecordsView, cursor: string | null, count = 0): Promise<RecordsAnswer> {
    const limit = Math.min(Math.max(count, PAGE), LARGEST_PAGE);
    const query = new URLSearchParams({ limit: String(limit) });
    const { owner, words, status } = view;
    const wish = { assigned_to: owner, q: [...words].slice(0, LONGEST_SEARCH).join(""), status, cursor };
    for (const [name, value] of Object.entries(wish)) if (value) query.set(name, String(value));
    const page = await asked(call<RecordsAnswer>(ACCESS, "GET", `${pathOf(module)}?${query}`));
    page.records.forEach((record) => this.#meet(record));
    return page;
  }

  /** The records of a module with these words in their label, newest first: the first few, to choose from. */
  async search(module: string, words: string, signal: AbortSignal): Promise<readonly CrmRecord[]> {
    const q = [...words].slice(0, LONGEST_SEARCH).join("");
    const path = `${pathOf(module)}?${new URLSearchParams({ ...(q && { q }), limit: String(FOUND) })}`;
    const { records } = await asked(call<RecordsAnswer>(ACCESS, "GET", path, undefined, { signal }));
    records.forEach((record) => this.#meet(record));
    return records;
  }

  async find(module: string, id: string): Promise<CrmRecord> {
    return this.#one(call(ACCESS, "GET", pathOf(module, id)));
  }

  async make(module: string, wish: RecordChange): Promise<CrmRecord> {
    return this.#one(call(ACCESS, "POST", pathOf(module), wish));
  }

  async change({ module, id }: CrmRecord, wish: RecordChange): Promise<CrmRecord> {
    return this.#one(call(ACCESS, "PATCH", pathOf(module, id), wish));
  }

  async remove({ module, id, version }: CrmRecord): Promise<void> {
    await asked(call(ACCESS, "DELETE", `${pathOf(module, id)}?version=${version}`));
    this.references.forget({ module, id });
  }

  /** @returns how many have another owner now */
  async reassign(module: string, ids: readonly string[], to: number, isTelling?: boolean): Promise<number> {
    const wish = { ids, assigned_to: to, ...(isTelling !== undefined && { send_notification: isTelling }) };
    const answer = call<{ reassigned: number }>(ACCESS, "POST", `${pathOf(module)}/reassign`, wish);
    return (await asked(answer)).reassigned;
  }

  async notify({ module, id }: Pick<CrmRecord, "module" | "id">, letter: Letter): Promise<Recipient[]> {
    const answer = call<{ recipients: Recipient[] }>(ACCESS, "POST", `${pathOf(module, id)}/notify`, letter);
    return (await asked(answer)).recipients;
  }

  async requestReassign(
    { module, id }: CrmRecord,
    wish: { user_id: number; subject: string; text: string | null },
  ): Promise<{ request: CrmRecord; follow_up: CrmRecord; recipients: Recipient[] }> {
    return asked(call(ACCESS, "POST", `${pathOf(module, id)}/request-reassign`, wish));
  }

  async convert(
    { module, id }: CrmRecord,
    wish: { assigned_to?: number; opportunity: boolean; link_company: boolean },
  ): Promise<ConvertAnswer> {
    return asked(call(ACCESS, "POST", `${pathOf(module, id)}/convert`, wish));
  }

  /** Likely duplicates, of a module or of one record, newest first. */
  async duplicates(
    of: { module: string | null; record?: CrmRecord },
    isDismissed: boolean,
    cursor: string | null = null,
  ): Promise<DuplicatesAnswer> {
    const query = new URLSearchParams({ dismissed: String(isDismissed) });
    if (of.module && !of.record) query.set("module", of.module);
    if (cursor) query.set("cursor", cursor);
    const path = of.record ? `${pathOf(of.record.module, of.record.id)}/duplicates` : "duplicate";
    return asked(call<DuplicatesAnswer>(ACCESS, "GET", `${path}?${query}`));
  }

  /** Says that two records are no duplicates, or takes it back. */
  async judge(pair: number, verdict: "dismiss" | "restore"): Promise<void> {
    await asked(call(ACCESS, "POST", `duplicate/${pair}/${verdict}`));
  }

  /** What was said about a ticket, newest first. */
  async comments({ module, id }: CrmRecord, cursor: string | null): Promise<CommentsAnswer> {
    const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
    return asked(call<CommentsAnswer>(ACCESS, "GET", `${pathOf(module, id)}/comments${query}`));
  }

  /** Says something about a ticket, whose clock begins anew by it. */
  async comment({ module, id }: CrmRecord, remark: Remark): Promise<CommentedAnswer> {
    return asked(call<CommentedAnswer>(ACCESS, "POST", `${pathOf(module, id)}/comment`, remark));
  }

  /** Who is on support. */
  async support(): Promise<SupportAnswer> {
    return asked(call<SupportAnswer>(ACCESS, "GET", "support"));
  }

  /** Puts somebody on support, or takes them off: oneself, or anybody for administrators. */
  async setSupport(user: number, isOn: boolean): Promise<void> {
    const path = user === this.me.id ? "user/me" : `user/${user}`;
    await asked(call(ACCESS, "PUT", path, { on_support: isOn }));
  }

  async #one(answer: Promise<RecordAnswer>): Promise<CrmRecord> {
    const { record } = await asked(answer);
    this.#meet(record);
    return record;
  }

  /** Neither a record nor whoever it names need be asked for. */
  #meet(record: CrmRecord): void {
    this.people.meet([record.assigned_user, record.previous_assigned_user]);
    this.references.meet(record);
  }
}

/** The path of a module or a record below `/crm/`. */
export function pathOf(...parts: [module: string, id?: string]): string {
  return ["record", ...parts.map((part) => encodeURIComponent(part ?? ""))].join("/");
}

/** The CRM for every component of these pages. */
export const [crm, provideCrm] = createContext<Crm>();
