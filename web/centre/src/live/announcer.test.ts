import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Announcer, PAUSE_MS } from "./announcer";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("speaks at once, then at most every half minute of all that gathered", () => {
  const say = vi.fn();
  const announcer = new Announcer(say);
  announcer.add();
  for (let count = 0; count < 5; count++) {
    vi.advanceTimersByTime(1_000);
    announcer.add();
  }
  expect(say.mock.calls).toEqual([[1]]);
  vi.advanceTimersByTime(PAUSE_MS);
  expect(say.mock.calls).toEqual([[1], [5]]);
  vi.advanceTimersByTime(PAUSE_MS * 3);
  announcer.add();
  expect(say.mock.calls).toEqual([[1], [5], [1]]);
});
