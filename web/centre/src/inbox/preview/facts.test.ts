import { expect, it } from "vitest";
import { sample } from "../sample";
import { factsOf, recordOf, remindedOf } from "./facts";

const REMINDER = sample(1, {
  type: "activity_reminder",
  metadata: {
    module: "activities",
    record_id: "7",
    when: "Tue 3 Mar 2026, 10:00 (Europe/London)",
    activity_type: "call",
    starts_at: "2026-03-03T10:00:00Z",
    late_seconds: 90,
  },
});

it("shows people what is for people, and keeps what is for programs to itself", () => {
  expect(factsOf(REMINDER)).toEqual({
    links: [],
    fields: { when: "Tue 3 Mar 2026, 10:00 (Europe/London)", activity_type: "call" },
  });
  expect(factsOf(sample(3))).toEqual({ links: [], fields: {} });
});

it("makes links of links that may be followed, and of nothing else", () => {
  const links = (value: unknown) => factsOf(sample(1, { metadata: { links: value } }));
  const good = [
    { label: "Contact Jane Doe", url: "https://crm.example/records/contacts/1" },
    { label: "Company Doe", url: "/records/companies/2" },
  ];
  expect(links(good)).toEqual({ links: good, fields: {} });
  const strange = [
    [{ label: "x", url: "javascript:alert(1)" }],
    [...good, { label: "", url: "/a" }],
    [{ url: "/a" }],
    ["/a"],
    "/a",
    [],
    { label: "x", url: "/a" },
  ];
  for (const value of strange) expect(links(value)).toEqual({ links: [], fields: { links: value } });
});

it("knows the record that it is about, and whether it reminds of an activity", () => {
  expect(recordOf(REMINDER)).toEqual({ module: "activities", id: "7" });
  expect(remindedOf(REMINDER)).toBe("7");
  expect(remindedOf({ ...REMINDER, type: "custom" })).toBeNull();
  expect(recordOf(sample(2))).toBeNull();
  expect(recordOf(sample(3, { metadata: { module: "activities", record_id: 7 } }))).toBeNull();
});
