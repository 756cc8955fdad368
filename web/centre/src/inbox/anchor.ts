import type { Notification } from "../../../client/types";
import { firstBelow, type Layout, topOf } from "./layout";

/** How many items are remembered: the first may be gone, then the next one holds the place. */
const REMEMBERED = 20;

/** Holds the place of what one reads while the list changes above it. */
export class Anchor {
  #marks: { id: number; offset: number }[] = [];

  /** Remembers the items from the first in sight on, and how far each is from the top of what one sees. */
  hold(layout: Layout, items: readonly Notification[], top: number): void {
    const first = firstBelow(layout, top);
    this.#marks = items
      .slice(first, first + REMEMBERED)
      .map((item, at) => ({ id: item.notification_id, offset: topOf(layout, first + at) - top }));
  }

  /**
   * How far to scroll so that what one reads stands where it stood; null where nothing of it is left.
   *
   * @param indexOf the index of an item in the changed list, below 0 for one that it lacks
   */
  place(layout: Layout, indexOf: (id: number) => number): number | null {
    for (const { id, offset } of this.#marks) {
      const index = indexOf(id);
      if (index >= 0) return topOf(layout, index) - offset;
    }
    return null;
  }
}
