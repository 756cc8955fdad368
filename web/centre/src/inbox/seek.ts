import { type Filter, list } from "../../../client/api";
import type { Notification } from "../../../client/types";
import { ACCESS, asked } from "../session/session.svelte";

/** Where a notification may be, and how many pages of each are looked through. */
const PLACES: [Filter, number][] = [
  [{}, 5],
  [{ snoozed: true }, 2],
  [{ archived: true }, 3],
];

/** Looks for one notification, as an address may name one that no list on show holds. */
export async function seek(id: number): Promise<Notification | null> {
  for (const [place, pages] of PLACES) {
    let cursor: string | null | undefined;
    for (let page = 0; page < pages && cursor !== null; page++) {
      const answer = await asked(list(ACCESS, { ...place, limit: 100, cursor }));
      const found = answer.notifications.find((item) => item.notification_id === id);
      if (found) return found;
      cursor = answer.next_cursor;
    }
  }
  return null;
}
