import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Deed, Deeds, GRACE_MS } from "./undo";

const deed = (text: string) =>
  ({ text, undo: vi.fn<() => void>(), settle: vi.fn<() => void>() }) satisfies Deed;

describe("what can be undone", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("settles when its time is over, and not before", () => {
    const one = deed("one");
    const onShow = vi.fn();
    new Deeds(onShow).add(one);
    vi.advanceTimersByTime(GRACE_MS - 1);
    expect(one.settle).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(one.settle).toHaveBeenCalledTimes(1);
    expect(onShow.mock.calls.map(([shown]) => shown?.text)).toEqual(["one", undefined]);
  });

  it("never settles what was undone", () => {
    const one = deed("one");
    const deeds = new Deeds(vi.fn());
    deeds.add(one);
    expect(deeds.undo()).toBe(true);
    vi.advanceTimersByTime(GRACE_MS * 2);
    expect([one.undo.mock.calls.length, one.settle.mock.calls.length]).toEqual([1, 0]);
    expect(deeds.undo()).toBe(false);
  });

  it("stands still as long as one is at it", () => {
    const one = deed("one");
    const deeds = new Deeds(vi.fn());
    deeds.add(one);
    vi.advanceTimersByTime(3_000);
    deeds.pause();
    vi.advanceTimersByTime(60_000);
    expect(one.settle).not.toHaveBeenCalled();
    deeds.resume();
    vi.advanceTimersByTime(GRACE_MS - 3_000 - 1);
    expect(one.settle).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(one.settle).toHaveBeenCalledTimes(1);
  });

  it("settles the one before when another is done; a settled deletion cannot be undone, a move can", () => {
    const [deletion, move] = [deed("deletion"), { text: "move", undo: vi.fn() }];
    const deeds = new Deeds(vi.fn());
    deeds.add(move);
    deeds.add(deletion);
    deeds.add(deed("last"));
    expect(deletion.settle).toHaveBeenCalledTimes(1);
    deeds.undo();
    deeds.undo();
    expect(move.undo).toHaveBeenCalledTimes(1);
    expect(deletion.undo).not.toHaveBeenCalled();
  });

  it("settles at once when the page is left", () => {
    const one = deed("one");
    const deeds = new Deeds(vi.fn());
    deeds.add(one);
    deeds.settle();
    deeds.settle();
    expect(one.settle).toHaveBeenCalledTimes(1);
  });
});
