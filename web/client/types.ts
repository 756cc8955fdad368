// What travels between the server and the pages, in the server's own names.

/** A notification as the server shows it. Times are RFC 3339 in UTC. */
export interface Notification {
  notification_id: number;
  user_id: number;
  type: string;
  title: string;
  message: string | null;
  link: string | null;
  metadata: Record<string, unknown> | null;
  related_ticket_id?: number;
  related_user_id?: number;
  is_read: boolean;
  created_at: string;
  read_at: string | null;
  archived_at: string | null;
  snoozed_until: string | null;
}

/** A page of notifications, newest first. */
export interface ListAnswer {
  notifications: Notification[];
  unread_count: number;
  /** Give it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The answer to every change: what was done, and how many unread ones the inbox holds now. */
export interface ChangedAnswer {
  message: string;
  unread_count: number;
}

/** Who is signed in. */
export interface MeAnswer {
  roles: string[];
  permissions: string[];
  user: { id: number; email: string; name: string };
}

/**
 * What happened to the inbox. `rev` is the inbox's revision after it; `unread_count` is the server's and
 * replaces what a page shows. Events may repeat what a list already holds: apply them as upserts.
 *
 * `reset` says that the lists must be fetched anew. It is also the first event of every tab: from it on, no
 * event is missed. A reset that the tab itself had to make (it missed something) carries no count.
 */
export type StreamEvent =
  | { event: "notification.created"; rev: number; unread_count: number; notification: Notification }
  | { event: "notification.changed"; rev: number; unread_count: number; notification: Notification }
  | {
      event: "notification.removed";
      rev: number;
      unread_count: number;
      notification: { notification_id: number };
    }
  | {
      event: "inbox.read";
      rev: number;
      unread_count: number;
      notification: null;
      /** That one and everything below it in the inbox is read; null: everything in the inbox is. */
      up_to: number | null;
      read_at: string;
    }
  | { event: "reset"; rev: number; unread_count?: number; notification?: null };

/** How automated notifications reach somebody beside the centre. */
export type ReceiveBy = "email" | "webhook" | "both" | "none";

/** The two families of channels that people choose from: e-mail, and whatever stands behind their URL. */
export type Family = "email" | "webhook";

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/** Hours in which nothing leaves the house, on the clock of the user's zone; `from` = `to` is a whole day. */
export interface QuietWindow {
  /** The days on which it begins; all where none is named */
  days?: Weekday[];
  from: string;
  to: string;
}

/** What somebody chose: part of a user as `GET /crm/user/me` shows it. */
export interface Choices {
  receive_by: ReceiveBy;
  /** Masked, as `https://host/…abcd`; writing that back leaves it as it is. */
  webhook_url: string | null;
  /** The channel that the user named; null: told by the URL. */
  webhook_kind: string | null;
  /** The channel that the URL is served by. */
  webhook_channel: string | null;
  /** Set where the URL was switched off for failing. */
  webhook_off: { since: string; reason: string } | null;
  quiet_hours: QuietWindow[] | null;
  /** What is switched off, by type and family; what is left out is on. */
  matrix: Record<string, Partial<Record<Family, boolean>>>;
}

/** A record of which somebody hears in the centre only. */
export interface Mute {
  module: string;
  record_id: string;
  /** null: until it is taken back. */
  until: string | null;
}

/** How a notification came to be sent. */
export type Sending = "automated" | "manual" | "reminder" | "api";

/** What would become of one family of channels. */
export interface Foreseen {
  sent: boolean;
  reason: string | null;
}

/** What would happen to a notification of a type, as the choices stand. */
export interface PreviewRow {
  type: string;
  sending: Sending;
  centre: true;
  email: Foreseen;
  webhook: Foreseen & { channel: string | null };
}

export type DeliveryState = "pending" | "sent" | "final" | "suppressed";

/** What would reach oneself, by type; a type that is not among them reaches the bell only. */
export interface PreviewAnswer {
  rows: PreviewRow[];
}

/** One try to deliver. */
export interface Attempt {
  at: string;
  duration_ms: number;
  outcome: "sent" | "later" | "never" | "unknown";
  /** What the target answered: HTTP or SMTP */
  status: number | null;
  /** One sentence about it */
  summary?: string | null;
  /** What the target wrote, up to 2 KiB; for administrators */
  detail?: string | null;
}

/** One notification on its way through one channel. */
export interface Delivery {
  id: string;
  /** Null of a letter to somebody who is no user */
  notification_id: number | null;
  /** Null of a letter to somebody who is no user */
  user_id: number | null;
  /** Whom a letter goes to who is no user; for administrators */
  to: string | null;
  /** The record that such a letter is about, as `tickets/42` */
  record: string | null;
  type: string;
  title: string | null;
  channel: string;
  sending: Sending;
  /** The user's `receive_by` when it was decided */
  choice: ReceiveBy;
  state: DeliveryState;
  reason: string | null;
  explanation: string | null;
  created_at: string;
  /** When it is tried next; null once it is settled */
  due_at: string | null;
  /** Whether it waits for the end of quiet hours, or for its turn at a slow target */
  held: boolean;
  settled_at: string | null;
  fallback_of: string | null;
  folded_into: string | null;
  /** Whether it went to those who get copies, and not to the user */
  copy: boolean;
  attempts: Attempt[];
}

/** A page of deliveries, newest first. */
export interface DeliveriesAnswer {
  deliveries: Delivery[];
  next_cursor: string | null;
}

/** What became of all that a channel was ever given. */
export interface Tally {
  accepted: number;
  sent: number;
  pending: number;
  final: number;
  suppressed: number;
}

export interface SummaryAnswer {
  channels: Record<string, Tally>;
  balanced: boolean;
}

/** The answer to a test that one sent oneself. */
export interface TestAnswer {
  notification: Notification;
  deliveries: Pick<Delivery, "id" | "channel" | "state" | "reason">[];
}

/** The settings group `delivery`. */
export interface DeliverySettings {
  /** By which channels API sends of a type go out beside the centre */
  types: Record<string, Family[]>;
  /** Masked; empty: there is none */
  teams_flow_url: string;
  teams_card: "wrapped" | "bare";
}

/** What a group of settings, or one of its fields, may hold: the part of JSON Schema that the server writes. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  title?: string;
  /** What it does */
  description?: string;
  default?: unknown;
  /** A secret: only its end is ever shown. */
  writeOnly?: boolean;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  items?: Schema;
  required?: string[];
}

export interface SettingsAnswer<Settings> {
  key: string;
  title: string;
  settings: Settings;
  schema: Schema;
}

/** The groups of settings that there are. */
export interface SettingsGroupsAnswer {
  groups: { key: string; title: string }[];
}

/** One change of a record or of a setting: a record's has module and id, a setting's the group's key. */
export interface AuditEntry extends HistoryEntry {
  id: number;
  module: string | null;
  record_id: string | null;
  group: string | null;
}

/** A page of the activity log, newest first. */
export interface AuditAnswer {
  entries: AuditEntry[];
  next_cursor: string | null;
}

/** Why one was sent a notification: what happened, by which rule, how one was chosen, and where it went. */
export interface Why extends Omit<Finding, "told" | "notification_id"> {
  module: string | null;
  record_id: string | null;
}

/** What a field of a record holds. */
export type FieldType =
  "text" | "number" | "integer" | "boolean" | "date" | "datetime" | "picklist" | "user" | "list" | "object";

/** A field that every record of a module may have. */
export interface FieldInfo {
  name: string;
  title: string;
  type: FieldType;
  /** What a picklist offers */
  options: string[] | null;
  description: string;
}

/** A kind of CRM record. */
export interface ModuleInfo {
  name: string;
  title: string;
  singular: string;
  fields: FieldInfo[];
  /** Whether people are told of a new owner where nothing is said: whether Send Notification is ticked by itself */
  announces: boolean;
}

/** Somebody, as records name them. */
export interface Named {
  id: number;
  name: string;
}

/** When the people of an activity are reminded. */
export interface ReminderState {
  on: boolean;
  /** How long before the start, in minutes; null where nobody is reminded */
  minutes: number | null;
  /** What says so: the setting for all, or the activity itself */
  from: "default" | "activity" | "off";
  /** The instants at which it will fire, up to five */
  next: string[];
  /** The zone of the assigned user, on whose clock the activity's times are; null where nobody is assigned */
  time_zone: string | null;
  sentence: string;
}

/** A record of the CRM as the server shows it. */
export interface CrmRecord {
  module: string;
  id: string;
  label: string;
  link: string | null;
  assigned_to: number | null;
  previous_assigned_to: number | null;
  reassigned_at: string | null;
  fields: Record<string, unknown>;
  /** Grows with every change */
  version: number;
  created_at: string;
  updated_at: string;
  assigned_user: Named | null;
  previous_assigned_user: Named | null;
  /** Activities only */
  reminder?: ReminderState;
  /** Tickets only */
  sla?: SlaState;
}

/** Until when a ticket is to be answered. */
export interface SlaState {
  /** Null where the clock stands */
  approaching_at: string | null;
  due_at: string | null;
  state: "on_time" | "approaching" | "breached" | "stopped";
  sentence: string;
}

/** What was said about a ticket. */
export interface TicketComment {
  id: number;
  text: string;
  /** The number is null where a program or a customer wrote it */
  author: { id: number | null; name: string };
  from_customer: boolean;
  /** Whether it stays in the team */
  internal: boolean;
  at: string;
}

/** A page of comments, newest first. */
export interface CommentsAnswer {
  comments: TicketComment[];
  /** The customer's address, to which comments go that are not internal; null where none is sent */
  writes_to: string | null;
  next_cursor: string | null;
}

/** What is to be said about a ticket. */
export interface Remark {
  text: string;
  from_customer: boolean;
  internal: boolean;
}

/** What became of a comment. */
export interface CommentedAnswer {
  comment: TicketComment;
  /** Null where the customer is not written to */
  letter: { delivery_id: string; state: "pending" | "suppressed"; reason: string | null } | null;
}

/** A record in a few members. */
export type RecordBrief = Pick<CrmRecord, "module" | "id" | "label" | "link" | "assigned_user">;

/** Two records that are likely the same. */
export interface DuplicatePair {
  id: number;
  module: string;
  record: RecordBrief;
  other: RecordBrief;
  reasons: {
    field: string;
    title: string;
    rule: string;
    length: number | null;
    value: string;
    other_value: string;
  }[];
  found_at: string;
  dismissed_at: string | null;
  dismissed_by: Named | null;
  /** What the Notify link begins with */
  notify: { users: number[]; subject: string; text: string };
}

/** A page of likely duplicates. */
export interface DuplicatesAnswer {
  duplicates: DuplicatePair[];
  next_cursor: string | null;
  /** The modules that are looked at */
  modules: string[];
  is_checking: boolean;
}

/** Who is on support. */
export interface SupportAnswer {
  group: string | null;
  members: { id: number; name: string; on_support: boolean; status: string }[];
  hint: string;
}

/** Whether a user may sign in; others may come. */
export type UserStatus = "Active" | "Locked" | "Locked - Failed Attempts";

/** A user, as administrators see one. */
export interface User {
  id: number;
  email: string;
  name: string;
  roles: string[];
  status: UserStatus;
  time_zone: string;
  language: string;
  /** The user's manager */
  reports_to: number | null;
  on_support: boolean;
  created_at: string;
  updated_at: string;
}

/** A page of users in the order of their numbers. */
export interface UsersAnswer {
  users: User[];
  next_cursor: string | null;
}

/** A template, without its wording. */
export interface TemplateInfo {
  id: number;
  kind: "email" | "pdf";
  name: string;
  key: string | null;
  shipped: boolean;
  changed: boolean;
  subject: string;
  version: number;
  updated_at: string;
  updated_by: string;
  used_by: string[];
}

/** A variable or a filter that templates may name. */
export interface TemplateWord {
  name: string;
  description: string;
  example: string;
}

/** A template with its wording. */
export interface TemplateWhole extends TemplateInfo {
  source: string;
  variables: TemplateWord[];
  filters: TemplateWord[];
}

/** An e-mail as it would be. */
export interface TemplatePreview {
  subject: string;
  html: string;
  text: string;
}

/** A page of records, newest first. */
export interface RecordsAnswer {
  records: CrmRecord[];
  next_cursor: string | null;
}

/** One change of one field of a record. */
export interface HistoryEntry {
  field: string;
  from: unknown;
  to: unknown;
  actor_id: number | null;
  /** Who did it, as they were called then */
  actor: string;
  at: string;
  by: "Modified(User)" | "Modified(API)";
}

export interface HistoryAnswer {
  history: HistoryEntry[];
  next_cursor: string | null;
}

/** What of a notification by hand went where for one person. */
export interface Recipient {
  user_id: number;
  /** `centre`, and each channel that it is on its way by */
  channels: string[];
  suppressed: { channel: string; reason: string }[];
}

/** What became of one lead. */
export interface ConvertAnswer {
  lead: CrmRecord;
  company: CrmRecord | null;
  contact: CrmRecord | null;
  opportunity: CrmRecord | null;
}

/** Why somebody was told of a record, or was not. */
export interface Finding {
  at: string;
  told: boolean;
  notification_id: number | null;
  trigger: string;
  sentence: string;
  cause: string;
  chosen: string;
  setting: { group: string; title: string; field: string; value: unknown } | null;
  channels: { channel: string; state: string; reason: string | null; explanation: string | null }[];
}

export interface ExplainAnswer {
  sentence: string;
  findings: Finding[];
  /** What is to come */
  outlook: string[];
}
