import { expect, it } from "vitest";
import { ALL_DELIVERIES } from "../../route";
import { filterOf } from "./log.svelte";

it("asks for whole days of the reader's zone", () => {
  const view = { ...ALL_DELIVERIES, user: 7, state: "final", from: "2026-11-01", until: "2026-11-02" };
  expect(filterOf(view, "Australia/Perth")).toEqual({
    user_id: 7,
    notification_id: null,
    channel: null,
    state: "final",
    from: "2026-10-31T16:00:00Z",
    until: "2026-11-02T16:00:00Z",
  });
  expect(Object.values(filterOf(ALL_DELIVERIES, "UTC")).filter((value) => value !== null)).toEqual([]);
});
