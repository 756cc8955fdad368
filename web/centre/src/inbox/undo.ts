/** Something that was done, or that went wrong; most of it can be taken back. */
export interface Deed {
  text: string;
  isBad?: boolean;
  undo?(): void;
  /** What waits for the moment in which it can no longer be taken back: a deletion, for good. */
  settle?(): void;
}

/** How long a deed can be taken back before it settles, in milliseconds. */
export const GRACE_MS = 8_000;

/** How many deeds Z goes back. */
const MOST = 20;

/**
 * The deeds of late, newest last. The newest one is on show for a while that stands still as long as one is at
 * it; a newer one, the end of the while, or leaving the page settles it.
 */
export class Deeds {
  #done: Deed[] = [];
  #shown: Deed | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ends = 0;
  #left = 0;
  #onShow: (deed: Deed | null) => void;

  /** @param onShow is told which deed is on show, or that none is */
  constructor(onShow: (deed: Deed | null) => void) {
    this.#onShow = onShow;
  }

  add(deed: Deed): void {
    this.settle();
    if (deed.undo) this.#done = [...this.#done, deed].slice(-MOST);
    this.#show(deed);
    this.#run(GRACE_MS);
  }

  /** Takes back the newest deed that can be. @returns whether there was one */
  undo(): boolean {
    const deed = this.#done.pop();
    if (!deed) return false;
    if (deed === this.#shown) this.#hide();
    deed.undo?.();
    return true;
  }

  /** While one reads the notice, or is about to press Undo, time stands still. */
  pause(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#left = Math.max(this.#ends - Date.now(), 2_000);
  }

  resume(): void {
    if (this.#shown && this.#timer === undefined) this.#run(this.#left);
  }

  /** Ends the grace of what is on show. */
  settle(): void {
    const deed = this.#shown;
    if (!deed) return;
    this.#hide();
    if (!deed.settle) return;
    this.#done = this.#done.filter((other) => other !== deed);
    deed.settle();
  }

  #run(ms: number): void {
    this.#ends = Date.now() + ms;
    this.#timer = setTimeout(() => this.settle(), ms);
  }

  #hide(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#show(null);
  }

  #show(deed: Deed | null): void {
    this.#shown = deed;
    this.#onShow(deed);
  }
}
