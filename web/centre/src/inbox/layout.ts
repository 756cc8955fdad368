import type { Day } from "./days";

/** Heights in pixels. */
export interface Metrics {
  row: number;
  heading: number;
}

/** A day with its place in the scrolled whole. */
export interface Block extends Day {
  top: number;
  height: number;
}

/** The whole list as heights: nothing of it need be in the page. */
export interface Layout {
  blocks: Block[];
  height: number;
  metrics: Metrics;
}

/** What of a block is near what one sees: items `start` up to, not with, `end` of the list. */
export interface Visible {
  block: Block;
  start: number;
  end: number;
}

export function layOut(days: readonly Day[], metrics: Metrics): Layout {
  let top = 0;
  const blocks = days.map((day) => {
    const block = { ...day, top, height: metrics.heading + day.count * metrics.row };
    top += block.height;
    return block;
  });
  return { blocks, height: top, metrics };
}

/** The blocks and items between two heights. */
export function between({ blocks, metrics }: Layout, from: number, to: number): Visible[] {
  const seen: Visible[] = [];
  for (let at = firstEndingAfter(blocks, from); at < blocks.length; at++) {
    const block = blocks[at];
    if (!block || block.top >= to) break;
    const rows = block.top + metrics.heading;
    const start = Math.max(0, Math.floor((from - rows) / metrics.row));
    const end = Math.min(block.count, Math.max(start, Math.ceil((to - rows) / metrics.row)));
    seen.push({ block, start: block.first + start, end: block.first + end });
  }
  return seen;
}

function firstEndingAfter(blocks: readonly Block[], height: number): number {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = blocks[middle];
    if (block && block.top + block.height <= height) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How far down an item begins. */
export function topOf({ blocks, metrics }: Layout, index: number): number {
  const block = blocks.findLast((one) => one.first <= index);
  return block ? block.top + metrics.heading + (index - block.first) * metrics.row : 0;
}

/** The first item that is not scrolled away. */
export function firstBelow(layout: Layout, height: number): number {
  const seen = between(layout, height, layout.height).find(
    ({ start, block }) => start < block.first + block.count,
  );
  return seen?.start ?? 0;
}
