import { expect, it } from "vitest";
import type { ReminderState } from "../../../../client/types";
import { type Choice, choiceOf, fieldsOf, leadFault } from "./reminder";

const STATE: ReminderState = {
  on: true,
  minutes: 15,
  from: "default",
  next: [],
  time_zone: "Europe/London",
  sentence: "",
};
const choice = (change: Partial<Choice>): Choice => {
  return { mode: "own", days: "0", hours: "0", minutes: "15", ...change };
};

it("is what the fields of the activity say", () => {
  expect(choiceOf({}, STATE)).toEqual(choice({ mode: "default" }));
  expect(choiceOf({ reminder_on: false, reminder_minutes: 60 }, STATE)).toMatchObject({ mode: "off" });
  expect(choiceOf({ reminder_minutes: 1_505 }, STATE)).toEqual(
    choice({ days: "1", hours: "1", minutes: "5" }),
  );
  expect(choiceOf({ reminder_on: true }, STATE)).toEqual(choice({}));
});

it("says all of itself, so that nothing of an earlier choice stays", () => {
  expect(fieldsOf(choice({ mode: "default" }))).toEqual({ reminder_on: null, reminder_minutes: null });
  expect(fieldsOf(choice({ mode: "off" }))).toEqual({ reminder_on: false, reminder_minutes: null });
  expect(fieldsOf(choice({ hours: "2", minutes: "" }))).toEqual({ reminder_on: true, reminder_minutes: 120 });
});

it("needs a lead time where it is one of its own", () => {
  expect(leadFault(choice({}))).toBe(false);
  expect(leadFault(choice({ minutes: "0" }))).toBe(false);
  expect(leadFault(choice({ days: "366" }))).toBe(true);
  expect(leadFault(choice({ minutes: "soon" }))).toBe(true);
  expect(leadFault(choice({ mode: "off", minutes: "soon" }))).toBe(false);
});
