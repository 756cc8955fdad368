import { expect, it } from "vitest";
import { inAMoment } from "./remind";

const at = (time: string) => Date.parse(`2026-03-03T${time}Z`);

it("puts a reminder off for ten minutes from now", () => {
  expect(inAMoment("2026-03-03T09:45:00Z", at("09:50:00"))).toBe(at("10:00:00"));
});

it("puts it off from when it came, where the server's clock is ahead of this device's", () => {
  expect(inAMoment("2026-03-03T09:45:00Z", at("09:00:00"))).toBe(at("09:55:00"));
});
