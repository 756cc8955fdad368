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
