import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { frames, live, type Live, type LiveState } from "./live";
import type { StreamEvent } from "./types";

/** All tabs of one pretend browser: their channels, their queue for the lock, and the server that they ask. */
let channels: FakeChannel[] = [];
let lock: Promise<unknown> = Promise.resolve();
let streams: FakeStream[] = [];
let refuse: (() => Response) | null = null;
let polls: { url: string; answer(body: unknown): void }[] = [];

class FakeChannel {
  onmessage: ((message: { data: unknown }) => void) | null = null;
  isClosed = false;
  name: string;
  constructor(name: string) {
    this.name = name;
    channels.push(this);
  }
  postMessage(data: unknown) {
    if (this.isClosed) throw new Error("InvalidStateError");
    const others = channels.filter((other) => other != this && other.name == this.name);
    for (const other of others)
      queueMicrotask(() => other.isClosed || other.onmessage?.({ data: structuredClone(data) }));
  }
  close() {
    this.isClosed = true;
  }
}

const locks = {
  request(_: string, { signal }: { signal: AbortSignal }, use: () => Promise<void>) {
    const turn = lock.then(() => (signal.aborted ? undefined : use()));
    lock = turn;
    return turn;
  },
};

class FakeStream {
  url: string;
  signal: AbortSignal;
  #into!: ReadableStreamDefaultController<Uint8Array>;
  body = new ReadableStream<Uint8Array>({ start: (into) => void (this.#into = into) });
  constructor(url: string, signal: AbortSignal) {
    this.url = url;
    this.signal = signal;
    signal.addEventListener("abort", () => this.fail());
  }
  async write(text: string) {
    this.#into.enqueue(new TextEncoder().encode(text));
    await settle();
  }
  first(rev: number, retry = 2000) {
    return this.write(`retry: ${retry}\nid: ${rev}\n: hello\n\n`);
  }
  event(rev: number, name = "notification.created", notification: object | null = { notification_id: rev }) {
    const data = JSON.stringify({ rev, unread_count: rev, notification });
    return this.write(`id: ${rev}\nevent: ${name}\ndata: ${data}\n\n`);
  }
  async end() {
    this.#into.close();
    await settle();
  }
  fail() {
    try {
      this.#into.error(new Error("aborted"));
    } catch {
      // It had ended.
    }
  }
}

/** Lets everything happen that waits for no timer. */
async function settle() {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve();
  await vi.advanceTimersByTimeAsync(0);
}

interface Tab extends Live {
  heard: string[];
  states: LiveState[];
}

let tabs: Live[] = [];

/** A page that follows the inbox of user 1. */
async function open(): Promise<Tab> {
  const heard: string[] = [];
  const states: LiveState[] = [];
  const tab = live({
    access: { server: "https://bell.example" },
    user: 1,
    onEvent: (event: StreamEvent) => heard.push(`${event.event.split(".").at(-1)} ${event.rev}`),
    onState: (state) => states.push(state),
  });
  tabs.push(tab);
  await settle();
  return { ...tab, heard, states };
}

const last = () => streams.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
  channels = [];
  streams = [];
  polls = [];
  tabs = [];
  refuse = null;
  lock = Promise.resolve();
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  Object.defineProperty(navigator, "locks", { value: locks, configurable: true });
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    if (refuse) return refuse();
    if (url.includes("poll="))
      return new Promise<Response>((resolve, reject) => {
        init.signal!.addEventListener("abort", () => reject(new Error("aborted")));
        polls.push({ url, answer: (body) => resolve(new Response(JSON.stringify(body))) });
      });
    const stream = new FakeStream(url, init.signal!);
    streams.push(stream);
    return { ok: true, status: 200, headers: new Headers(), body: stream.body } as unknown as Response;
  });
});

afterEach(() => {
  for (const tab of tabs) tab.close();
  vi.useRealTimers();
});

describe("one tab", () => {
  test("fetches on the first frame, then hears every event once and in order", async () => {
    const tab = await open();
    expect(last().url).toBe("https://bell.example/crm/notification/stream");
    await last().first(4);
    await last().event(5);
    await last().event(5);
    await last().event(6, "notification.changed");
    expect(tab.heard).toEqual(["reset 4", "created 5", "changed 6"]);
    expect(tab.states).toEqual(["open"]);
  });

  test("resumes where it stood after the stream ended, waiting as the server asks", async () => {
    const tab = await open();
    await last().first(4, 7000);
    await last().event(5);
    await last().end();
    expect(tab.states).toEqual(["open", "reconnecting"]);
    await vi.advanceTimersByTimeAsync(6_999);
    expect(streams).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(last().url).toContain("stream?last_event_id=5");
    // The revision of now is no reason to believe that 6 to 9 were heard.
    await last().first(9);
    await last().event(6);
    expect(tab.heard).toEqual(["reset 4", "created 5", "created 6"]);
    expect(tab.states).toEqual(["open", "reconnecting", "open"]);
  });

  test("goes on from where a reset says, also backwards", async () => {
    const tab = await open();
    await last().first(40);
    await last().event(3, "reset", null);
    await last().event(4);
    expect(tab.heard).toEqual(["reset 40", "reset 3", "created 4"]);
  });

  test("waits longer each time that it fails, a minute at most", async () => {
    let tries = 0;
    const at: number[] = [];
    refuse = () => {
      tries++;
      at.push(Date.now());
      return new Response(null, { status: 500 });
    };
    await open();
    await vi.advanceTimersByTimeAsync(400_000);
    const waits = at.slice(1).map((time, index) => time - at[index]!);
    expect(waits.slice(0, 6)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
    expect(tries).toBeGreaterThan(8);
  });

  test("spreads its waits by a quarter", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    await open();
    await last().first(1, 4000);
    await last().end();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(streams).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(streams).toHaveLength(2);
  });

  test("obeys Retry-After, and nobody shortens it", async () => {
    const tab = await open();
    await last().first(1);
    refuse = () => new Response(null, { status: 503, headers: { "Retry-After": "30" } });
    await last().end();
    await vi.advanceTimersByTimeAsync(2_000);
    refuse = null;
    tab.retry();
    await vi.advanceTimersByTimeAsync(29_999);
    expect(streams).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(streams).toHaveLength(2);
  });

  test("tries again at once when asked, or when the network is back", async () => {
    const tab = await open();
    await last().first(1, 9000);
    await last().end();
    tab.retry();
    await settle();
    expect(streams).toHaveLength(2);
    await last().first(1, 9000);
    await last().end();
    window.dispatchEvent(new Event("online"));
    await settle();
    expect(streams).toHaveLength(3);
  });

  test("connects anew when nothing was heard for 40 s, and not while the server beats", async () => {
    await open();
    await last().first(1);
    for (let beat = 0; beat < 10; beat++) {
      await vi.advanceTimersByTimeAsync(15_000);
      await last().write(": beat\n\n");
    }
    expect(streams).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(40_000 + 2_000);
    expect(streams).toHaveLength(2);
    expect(last().url).toContain("last_event_id=1");
  });

  test.each([
    [401, "signed-out"],
    [204, "stopped"],
  ])("ends on %i", async (status, state) => {
    refuse = () => new Response(null, { status });
    const tab = await open();
    refuse = null;
    await vi.advanceTimersByTimeAsync(200_000);
    expect(tab.states).toEqual([state]);
    expect(streams).toHaveLength(0);
  });

  test("ends when the events turn out to be somebody else's", async () => {
    const tab = await open();
    await last().first(1);
    await last().event(2, "notification.created", { notification_id: 2, user_id: 77 });
    expect(tab.heard).toEqual(["reset 1"]);
    expect(tab.states).toEqual(["open", "signed-out"]);
  });

  test("says nothing more once it is closed", async () => {
    const tab = await open();
    await last().first(1);
    tab.close();
    await settle();
    expect(last().signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(tab.states).toEqual(["open"]);
    expect(streams).toHaveLength(1);
  });

  test("works without locks", async () => {
    Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
    const [one, other] = [await open(), await open()];
    for (const stream of streams) await stream.first(1);
    for (const stream of streams) await stream.event(2);
    expect([one.heard, other.heard]).toEqual([
      ["reset 1", "created 2"],
      ["reset 1", "created 2"],
    ]);
  });
});

describe("long poll", () => {
  test("stands in where headers come but no frame", async () => {
    const tab = await open();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(last().signal.aborted).toBe(true);
    expect(polls.map((poll) => poll.url.split("?")[1])).toEqual(["poll=0"]);
    polls[0]!.answer({ rev: 4, unread_count: 0, events: [] });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(polls[1]!.url).toContain("poll=4");
    const data = { rev: 5, unread_count: 1, notification: { notification_id: 1 } };
    polls[1]!.answer({ rev: 5, unread_count: 1, events: [{ id: 5, event: "notification.created", data }] });
    await settle();
    expect(polls[2]!.url).toContain("poll=5");
    expect(tab.heard).toEqual(["reset 4", "created 5"]);
    expect(tab.states).toEqual(["open"]);
  });

  test("does not spin on an inbox where nothing has happened yet", async () => {
    await open();
    await vi.advanceTimersByTimeAsync(8_000);
    for (let nth = 0; nth < 3; nth++) {
      polls.at(-1)!.answer({ rev: 0, unread_count: 0, events: [] });
      await vi.advanceTimersByTimeAsync(1_900);
    }
    expect(polls.length).toBeLessThan(4);
  });

  test("an answer that is further on without saying why is a reset", async () => {
    const tab = await open();
    await vi.advanceTimersByTimeAsync(8_000);
    polls[0]!.answer({ rev: 0, unread_count: 0, events: [] });
    await vi.advanceTimersByTimeAsync(5_000);
    polls[1]!.answer({ rev: 3, unread_count: 1, events: [] });
    await settle();
    expect(tab.heard).toEqual(["reset 0", "reset 3"]);
  });

  test("a server that only answers late is no such proxy", async () => {
    await open();
    await last().first(1);
    await vi.advanceTimersByTimeAsync(42_000);
    expect(polls).toHaveLength(0);
    expect(streams).toHaveLength(2);
  });
});

describe("many tabs", () => {
  test("hold one stream, and each hears every event once", async () => {
    const all = [await open(), await open(), await open()];
    await last().first(1);
    all.push(await open());
    await last().event(2);
    await last().event(3);
    expect(streams).toHaveLength(1);
    for (const tab of all) {
      expect(tab.heard).toEqual(["reset 1", "created 2", "created 3"]);
      expect(tab.states).toEqual(["open"]);
    }
  });

  test("another takes over from the last event when the leader closes", async () => {
    const [leader, next, third] = [await open(), await open(), await open()];
    await last().first(1);
    await last().event(2);
    leader.close();
    await settle();
    expect(streams).toHaveLength(2);
    expect(last().url).toContain("last_event_id=2");
    await last().first(2);
    await last().event(3);
    expect(next.heard).toEqual(["reset 1", "created 2", "created 3"]);
    expect(third.heard).toEqual(next.heard);
  });

  test("a new leader takes its predecessor's last words once", async () => {
    const [leader, next] = [await open(), await open()];
    await last().first(1);
    leader.close();
    await settle();
    const predecessor = new FakeChannel(channels[0]!.name);
    predecessor.postMessage({
      kind: "event",
      prev: 1,
      event: { event: "notification.created", rev: 2, unread_count: 2 },
    });
    await settle();
    await last().first(1);
    await last().event(2);
    await last().event(3);
    expect(next.heard).toEqual(["reset 1", "created 2", "created 3"]);
  });

  test("a follower that missed an event fetches anew, and goes on", async () => {
    const [, follower] = [await open(), await open()];
    await last().first(1);
    const channel = channels[1]!;
    const listen = channel.onmessage;
    channel.onmessage = null;
    await last().event(2);
    channel.onmessage = listen;
    await last().event(3);
    await last().event(4);
    expect(follower.heard).toEqual(["reset 1", "reset 3", "created 4"]);
  });

  test("a follower that was away asks where the leader stands", async () => {
    const [, follower] = [await open(), await open()];
    await last().first(1);
    const channel = channels[1]!;
    const listen = channel.onmessage;
    channel.onmessage = null;
    await last().event(2);
    channel.onmessage = listen;
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(follower.heard).toEqual(["reset 1", "reset 2"]);
  });

  test("all know when the stream is away, and any may ask to try again", async () => {
    const [leader, follower] = [await open(), await open()];
    await last().first(1, 9000);
    await last().end();
    expect(follower.states).toEqual(["open", "reconnecting"]);
    follower.retry();
    await settle();
    expect(streams).toHaveLength(2);
    await last().first(1);
    expect(follower.states).toEqual(["open", "reconnecting", "open"]);
    expect(leader.states).toEqual(follower.states);
  });

  test("a leader whose token is refused leaves the others their own try", async () => {
    refuse = () => new Response(null, { status: 401 });
    const first = await open();
    refuse = null;
    const second = await open();
    await last().first(1);
    expect(first.states).toEqual(["signed-out"]);
    expect(second.states).toEqual(["open"]);
  });
});

describe("frames", () => {
  const read = (...texts: string[]) => {
    const found: unknown[] = [];
    const parse = frames((frame) => found.push(frame));
    texts.forEach(parse);
    return found;
  };

  test.each(["\n", "\r\n"])("lines may end in %j, and be cut anywhere", (end) => {
    const text = ["id: 7", "event: x", 'data: {"a":"b: c"}', "", "data:d", "", ""].join(end);
    const expected = [{ id: "7", event: "x", data: '{"a":"b: c"}' }, { data: "d" }];
    expect(read(text)).toEqual(expected);
    expect(read(...text)).toEqual(expected);
  });

  test("what looks like an end of line to some is none", () =>
    expect(read("data: a\u2028retry: 1\u2029c\u0085d\n\n")).toEqual([
      { data: "a\u2028retry: 1\u2029c\u0085d" },
    ]));

  test("a comment is a frame", () => expect(read(": beat\n\n")).toEqual([{ "": "beat" }]));
});
