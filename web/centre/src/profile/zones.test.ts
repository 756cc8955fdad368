import { expect, it } from "vitest";
import { allZones, isZone, matching } from "./zones";

it("finds a zone by any part of its name", () => {
  const zones = allZones();
  expect(matching(zones, "berlin")).toEqual(["Europe/Berlin"]);
  expect(matching(zones, "new york")).toEqual(["America/New_York"]);
  expect(matching(zones, "perth")[0]).toBe("Australia/Perth");
  expect(matching(zones, "utc")).toContain("UTC");
  expect(["kathmandu", "kolkata", "kyiv"].map((name) => matching(zones, name).length)).toEqual([1, 1, 1]);
  expect(matching(zones, "nowhere")).toEqual([]);
  expect(matching(zones, "").length).toBe(zones.length);
});

it("knows a zone from a slip of the keyboard", () => {
  expect([isZone("Europe/Berlin"), isZone("UTC"), isZone("Europe/Berlim"), isZone("")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
