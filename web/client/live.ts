// Keeps a page's picture of an inbox up to date: one stream for all tabs of a browser.
//
// The tabs queue for a Web Lock. The one that holds it leads: it follows the server's stream and passes every
// event on by BroadcastChannel. When it closes, the next in the queue goes on from the last revision it has seen.
// Each event names the revision before it, so a tab that missed one notices, and asks its page to fetch anew.
import { send, type Access } from "./api";
import type { Notification, StreamEvent } from "./types";

/**
 * `connecting`: nothing heard yet. `open`: events come. `reconnecting`: the stream is away, what is shown may be
 * old. `signed-out` and `stopped` (the server wants no more streams) are final: start anew to try again.
 */
export type LiveState = "connecting" | "open" | "reconnecting" | "signed-out" | "stopped";

export interface LiveOptions {
  access: Access;
  /** Whose inbox it is. */
  user: number;
  /** Each event once, in order. The first is a `reset`: fetch the lists then, and on every later `reset`. */
  onEvent(event: StreamEvent): void;
  /** Each change of the state. */
  onState(state: LiveState): void;
}

export interface Live {
  /** Tries again now, where a retry is waited for. */
  retry(): void;
  /** Leaves the stream to the other tabs. Nothing is called any more. */
  close(): void;
}

/** What tabs say to each other on the channel `belfry:<origin of the server>:<user id>`. */
type Message =
  /** From one that came, or came back: where do we stand? */
  | { kind: "hello" }
  /** From the leader: this is where we stand. */
  | { kind: "rev"; state: LiveState; rev: number }
  /** From the leader: this happened, and `prev` was the revision before it. */
  | { kind: "event"; prev: number; event: StreamEvent };

/** How long to wait for an answer, and between bytes (the server beats every 15 s); and for the first frame. */
const SILENCE_MS = 40_000;
const FIRST_FRAME_MS = 8_000;

const LONGEST_PAUSE_MS = 60_000;

/** Follows the inbox until it is closed. */
export function live({ access, user, onEvent, onState }: LiveOptions): Live {
  const name = `belfry:${access.server || location.origin}:${user}`;
  const channel = new BroadcastChannel(name);
  const end = new AbortController();
  let connection = new AbortController();
  let state: LiveState = "connecting";
  let isLeading = false;
  /** The inbox's revision that this tab has seen; none yet below 0. */
  let rev = -1;
  let wake = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;

  const say = (message: Message) => end.signal.aborted || channel.postMessage(message);
  const sayWhere = () => isLeading && say({ kind: "rev", state, rev });
  const hello = () => {
    say({ kind: "hello" });
    wake();
  };
  const enter = (next: LiveState) => {
    if (state != next && !end.signal.aborted) onState((state = next));
    sayWhere();
  };
  const accept = (event: StreamEvent) => {
    rev = event.rev;
    if (!end.signal.aborted) onEvent(event);
  };
  /** What happened up to `to` is not known: the page must fetch. */
  const jump = (to: number) => accept({ event: "reset", rev: to });
  const close = () => {
    end.abort();
    connection.abort();
    clearTimeout(timer);
    channel.close();
  };
  /** The last word to this page only: the other tabs may have another token, and try it. */
  const finish = (last: LiveState) => {
    close();
    onState(last);
  };

  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind == "hello") {
      sayWhere();
      if (isLeading) wake();
    } else if (data.kind == "event") {
      // A leader hears one too: its predecessor's last words, which its own stream will then repeat.
      if (data.event.event == "reset" || data.prev == rev) accept(data.event);
      else if (data.event.rev > rev) jump(data.event.rev);
    } else if (!isLeading) {
      if (data.rev > rev) jump(data.rev);
      enter(data.state);
    }
  };

  const take = (event: StreamEvent) => {
    if (event.event != "reset" && event.rev <= rev) return;
    // Somebody else has signed in meanwhile, in another tab.
    if (((event.notification as Notification | null)?.user_id ?? user) != user) return finish("signed-out");
    say({ kind: "event", prev: rev, event });
    accept(event);
  };
  const limit = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => connection.abort(), ms);
  };
  /** Waits; a wake-up ends it early unless the server itself asked for the wait. */
  const pause = (ms: number, isAsked?: unknown) =>
    new Promise<void>((rested) => {
      setTimeout(rested, ms);
      wake = isAsked ? () => {} : rested;
      end.signal.onabort = () => rested();
    });

  const lead = async () => {
    isLeading = true;
    let failures = 0;
    let retry = 2_000;
    let isPolling = false;
    while (!end.signal.aborted) {
      let isAnswered = false;
      let isHeard = false;
      let asked = 0;
      /** The connection works: say so, and where it begins if this tab did not know. */
      const opened = (at: number) => {
        if (rev < 0 && at >= 0) jump(at);
        isHeard = true;
        failures = 0;
        if (state != "open") enter("open");
      };
      try {
        connection = new AbortController();
        limit(SILENCE_MS);
        const query = isPolling ? "?poll=" + (rev < 0 ? 0 : rev) : rev < 0 ? "" : "?last_event_id=" + rev;
        const response = await send(access, "/crm/notification/stream" + query, {
          signal: connection.signal,
        });
        const { status } = response;
        if (status == 401 || status == 204) return finish(status == 401 ? "signed-out" : "stopped");
        if (!response.ok) {
          asked = +response.headers.get("Retry-After")! * 1000;
          throw status;
        }
        if (isPolling) {
          const answer = await response.json();
          opened(answer.rev);
          for (const { event, data } of answer.events) take({ event, ...data });
          if (answer.rev > rev) take({ event: "reset", rev: answer.rev });
          // Nothing may make this a loop without a rest.
          if (!answer.events[0]) await pause(2_000);
          continue;
        }
        isAnswered = true;
        limit(FIRST_FRAME_MS);
        const parse = frames((frame) => {
          retry = +frame.retry! || retry;
          opened(+frame.id!);
          if (frame.data) take({ event: frame.event, ...JSON.parse(frame.data) });
        });
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
        for (let part; !(part = await reader.read()).done;) {
          parse(part.value);
          if (isHeard) limit(SILENCE_MS);
        }
      } catch {
        // Whatever it was, the way on is the same: wait, and connect again.
      }
      clearTimeout(timer);
      // Headers, but no frame: something on the way holds the body back until it is whole.
      if (isAnswered && !isHeard && connection.signal.aborted) isPolling = true;
      else if (!end.signal.aborted) {
        enter("reconnecting");
        // The server spreads `retry` over its clients; each failure doubles it, and jitter spreads them more.
        const wait = asked || Math.min(retry * 2 ** failures++, LONGEST_PAUSE_MS);
        await pause(wait * (1 + Math.random() / 4), asked);
      }
    }
  };

  const { signal } = end;
  addEventListener("online", hello, { signal });
  document.addEventListener("visibilitychange", hello, { signal });
  hello();
  // Without locks (a page by plain http) each tab leads; what it hears on the channel too it takes once.
  if (navigator.locks) navigator.locks.request(name, { signal }, lead).catch(() => {});
  else lead();
  return { retry: hello, close };
}

/** One frame of a stream, by the names of its fields; "" holds a comment. */
type Frame = Record<string, string | undefined>;

/**
 * Reads what our server writes of `text/event-stream`: gives every frame, comments included, to `onFrame`. The
 * text may be cut anywhere. Each field stands on one line, whose end is a line feed and nothing else: JSON may
 * hold what others take for one.
 */
export function frames(onFrame: (frame: Frame) => void): (text: string) => void {
  let rest = "";
  let frame: Frame = {};
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const at = line.indexOf(":");
      if (at < 0) {
        onFrame(frame);
        frame = {};
      } else frame[line.slice(0, at)] = line.slice(at + 1).trim();
    }
  };
}
