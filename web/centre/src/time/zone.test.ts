import { describe, expect, it } from "vitest";
import { presets } from "./presets";
import { dayName } from "./say";
import { addDays, instantOf, isDate, rfc3339, wallAt } from "./zone";

const iso = (instant: number) => rfc3339(instant);

describe("a wall clock", () => {
  it("is read and set in its own zone", () => {
    expect(wallAt(Date.parse("2026-11-20T23:30:00Z"), "Australia/Perth")).toMatchObject({
      date: "2026-11-21",
      hour: 7,
      minute: 30,
      weekday: 6,
    });
    expect(iso(instantOf("2026-07-01", 9, 0, "Europe/Berlin"))).toBe("2026-07-01T07:00:00Z");
    expect(iso(instantOf("2026-12-01", 9, 0, "Europe/Berlin"))).toBe("2026-12-01T08:00:00Z");
    expect(iso(instantOf("2026-11-20", 0, 0, "Asia/Kathmandu"))).toBe("2026-11-19T18:15:00Z");
  });

  it("takes the first of a time that comes twice, and moves one that is skipped", () => {
    expect(iso(instantOf("2026-10-25", 2, 30, "Europe/Berlin"))).toBe("2026-10-25T00:30:00Z");
    expect(iso(instantOf("2026-03-29", 2, 30, "Europe/Berlin"))).toBe("2026-03-29T01:30:00Z");
  });

  it("counts days over months and years", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2028-03-01", -1)).toBe("2028-02-29");
    expect(["2026-02-29", "2026-13-01", "20261101", ""].map(isDate)).toEqual([false, false, false, false]);
  });
});

describe("the snooze presets", () => {
  const at = (time: string, zone: string) => {
    const found = presets(Date.parse(time), zone);
    return [found.hour, found.afternoon, found.tomorrow, found.monday].map((when) => when && iso(when));
  };

  it("follow the reader's zone", () => {
    expect(at("2026-11-20T01:00:00Z", "Australia/Perth")).toEqual([
      "2026-11-20T02:00:00Z",
      "2026-11-20T07:00:00Z",
      "2026-11-21T01:00:00Z",
      "2026-11-23T01:00:00Z",
    ]);
  });

  it("drop the afternoon when it is there, and mean the next Monday on a Monday", () => {
    expect(at("2026-11-23T14:00:00Z", "UTC")).toEqual([
      "2026-11-23T15:00:00Z",
      null,
      "2026-11-24T09:00:00Z",
      "2026-11-30T09:00:00Z",
    ]);
  });
});

it("names days as people do", () => {
  const reader = { language: "en-GB", zone: "UTC" };
  const near = { today: "Today", yesterday: "Yesterday" };
  const now = Date.parse("2026-11-20T12:00:00Z");
  const name = (date: string) => dayName(date, now, reader, near);
  expect([name("2026-11-20"), name("2026-11-19")]).toEqual(["Today", "Yesterday"]);
  expect(name("2026-11-16")).toBe("Monday 16 November");
  expect(name("2025-12-31")).toBe("Wednesday, 31 December 2025");
});
