import { expect, it } from "vitest";
import { speak } from "../../text/text.svelte";
import { summaryOf } from "./summary";

const MODULES = ["contacts", "leads", "activities"].map((name) => ({
  name,
  title: name,
  singular: name,
  fields: [],
  announces: true,
}));
const said = (group: string, values: Record<string, unknown>) => summaryOf(group, values, MODULES);

it("says what the default lead time comes to", () => {
  const reminders = (days: number, hours: number, minutes: number) =>
    said("reminders", { default_days: days, default_hours: hours, default_minutes: minutes });
  expect(reminders(0, 0, 15)).toBe("People are reminded 15 minutes before the start.");
  expect(reminders(1, 2, 0)).toBe("People are reminded 1 day and 2 hours before the start.");
  expect(reminders(0, 0, 0)).toBe("Nobody is reminded unless the activity says so.");
  speak("de");
  expect(reminders(0, 1, 0)).toBe("Erinnert wird 1 Stunde vor dem Beginn.");
  speak("en");
});

it("says who is told of a new owner, and who gets a copy", () => {
  const values = { assigned: {}, previous_owner: {}, cc_address: "", cc_manager: false };
  expect(said("notifications", values)).toBe(
    "The new owner of a record is told in every module, the previous one in no module.",
  );
  expect(
    said("notifications", {
      assigned: { contacts: false },
      previous_owner: { leads: true },
      cc_address: "boss@example.com",
      cc_manager: true,
    }),
  ).toBe(
    "The new owner of a record is told in 2 of 3 modules, the previous one in 1 of 3 modules. " +
      "The e-mail goes in copy to boss@example.com and the manager of whoever is told.",
  );
});

it("says what is kept in the history", () => {
  expect(said("audit", { fields: "", log_all: true })).toMatch(/^Every change/);
  expect(said("audit", { fields: "Contacts:phone|Leads:status", log_all: false })).toMatch(
    / 2 further fields /,
  );
  expect(said("audit", { fields: "", log_all: false })).toMatch(/those of other fields are not/);
});

it("says what becomes of a lead's new owner, and nothing of groups that speak for themselves", () => {
  expect(said("leads", { conversion_notification: true })).toMatch(/^Whoever gets/);
  expect(said("leads", {})).toMatch(/^Nobody/);
  expect(said("security", { max_failed_logins: 5 })).toBeNull();
});
