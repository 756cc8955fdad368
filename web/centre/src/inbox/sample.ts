import type { Notification } from "../../../client/types";

/** A notification for tests. */
export function sample(id: number, what: Partial<Notification> = {}): Notification {
  return {
    notification_id: id,
    user_id: 1,
    type: "custom",
    title: `Title ${id}`,
    message: null,
    link: null,
    metadata: null,
    is_read: false,
    created_at: `2026-11-20T10:00:${String(id % 60).padStart(2, "0")}Z`,
    read_at: null,
    archived_at: null,
    snoozed_until: null,
    ...what,
  };
}
