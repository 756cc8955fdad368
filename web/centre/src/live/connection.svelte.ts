import { live, type LiveState } from "../../../client/live";
import type { StreamEvent } from "../../../client/types";
import { ACCESS, begin } from "../session/session.svelte";
import { t } from "../text/text.svelte";
import { Announcer } from "./announcer";

/** How long one waits for the first word of the stream before a list is fetched without it. */
const PATIENCE_MS = 400;

/** How long an announcement stays: the same words a second time are then news again. */
const SAID_MS = 10_000;

/** The stream as people see it: whether it stands, since when it does not, and what it brought. */
export class Connection {
  state = $state<LiveState>("connecting");
  /** When the server was last known to be there, in milliseconds */
  lastContact = $state(Date.now());
  /** What a screen reader is told of what came in */
  news = $state("");
  /** Resolves when the stream stands, or when one has waited long enough: a list that is fetched then misses nothing. */
  readonly standing: Promise<unknown>;
  #announcer = new Announcer((count) => this.#say(count));
  #close: () => void;
  #retry: () => void;

  /** @param onEvent is given each event once, in order */
  constructor(user: number, onEvent: (event: StreamEvent) => void) {
    let stand = () => {};
    const isHeard = new Promise<void>((resolve) => (stand = resolve));
    this.standing = Promise.race([isHeard, new Promise((late) => setTimeout(late, PATIENCE_MS))]);
    const stream = live({
      access: ACCESS,
      user,
      onEvent: (event) => {
        stand();
        this.lastContact = Date.now();
        if (event.event === "notification.created") this.#announcer.add();
        onEvent(event);
      },
      onState: (state) => this.#enter(state),
    });
    this.#close = () => stream.close();
    this.#retry = () => stream.retry();
  }

  /** Tries to reach the server now. */
  retry(): void {
    this.#retry();
  }

  /** Follows the stream no more. */
  close(): void {
    this.#announcer.stop();
    this.#close();
  }

  #enter(state: LiveState): void {
    if (this.state === "open") this.lastContact = Date.now();
    this.state = state;
    // Signed out, or in as somebody else from another tab: the server knows which.
    if (state === "signed-out") void begin();
  }

  #say(count: number): void {
    this.news = t().live.fresh(count);
    setTimeout(() => (this.news = ""), SAID_MS);
  }
}
