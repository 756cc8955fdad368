/** How often news is said aloud at most, in milliseconds. */
export const PAUSE_MS = 30_000;

/** Says news to a screen reader: the first at once, then what gathered, so that a burst does not talk one down. */
export class Announcer {
  #say: (count: number) => void;
  #waiting = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param say is given how many are new */
  constructor(say: (count: number) => void) {
    this.#say = say;
  }

  add(): void {
    this.#waiting++;
    if (this.#timer === undefined) this.#speak();
  }

  #speak(): void {
    this.#timer = undefined;
    if (this.#waiting === 0) return;
    this.#say(this.#waiting);
    this.#waiting = 0;
    this.#timer = setTimeout(() => this.#speak(), PAUSE_MS);
  }

  /** Says nothing any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting = 0;
  }
}
