import { expect, it } from "vitest";
import { leadName, leadOf, minutesOf } from "./lead";

it("takes minutes apart and puts them together", () => {
  expect(leadOf(1_575)).toEqual({ days: 1, hours: 2, minutes: 15 });
  expect(minutesOf({ days: 1, hours: 2, minutes: 15 })).toBe(1_575);
  expect([0, 15, 60, 1_440].map((minutes) => minutesOf(leadOf(minutes)))).toEqual([0, 15, 60, 1_440]);
});

it("is said as people say it", () => {
  expect([leadName(15, "en"), leadName(61, "en"), leadName(0, "en")]).toEqual([
    "15 minutes",
    "1 hour and 1 minute",
    "0 minutes",
  ]);
  expect(leadName(1_575, "de")).toBe("1 Tag, 2 Stunden und 15 Minuten");
});
