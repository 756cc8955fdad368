import { expect, it } from "vitest";
import { changesOf, draftOf, freshRow, isOn, placeOf, reworded } from "./draft";
import { othersOf, sayValue } from "./say";
import { SAMPLE } from "./sample";
import { fieldsOf, type SettingField } from "./schema";
import { dayOf } from "./week";

const fields = fieldsOf(SAMPLE);
const field = (name: string) => fields.find((one) => one.name === name) as SettingField;
const MODULES = ["contacts", "leads"].map((name) => ({
  name,
  title: name.toUpperCase(),
  singular: name,
  fields: [],
  announces: true,
}));

const STORED = {
  default_minutes: 15,
  is_on: true,
  missed: "newest",
  assigned: { contacts: true, leads: false },
  weekdays: { mon: true, tue: false },
  cc_address: "",
  addresses: [],
  ways: ["email"],
  limit: null,
  which: null,
  token: "…abcd",
  rows: [],
  hours: {},
  opens: {},
  anything: null,
};
const changed = (draft: object) => changesOf(fields, STORED, { ...draftOf(fields, STORED), ...draft });

it("saves nothing where nothing was changed, or changed back", () => {
  expect(changed({})).toEqual({});
  expect(changed({ weekdays: { tue: false, mon: true }, ways: ["email"] })).toEqual({});
  // Left out is on there.
  expect(changed({ assigned: { leads: false } })).toEqual({});
  expect(changed({ assigned: {} })).toEqual({ assigned: {} });
});

it("begins a row with what holds by default, and says of every switch that it is off or on", () => {
  const schema = { properties: { yearly: { type: "boolean" }, enabled: { type: "boolean", default: true } } };
  expect(freshRow(fieldsOf(schema))).toEqual({ yearly: false, enabled: true });
  expect(freshRow([field("which"), field("default_minutes")])).toEqual({ which: null, default_minutes: 15 });
});

it("says of a closed day that it is closed", () => {
  const week = { mon: dayOf([]), tue: ["09:00", "17:00"] };
  expect(changed({ opens: week })).toEqual({ opens: { mon: [], tue: ["09:00", "17:00"] } });
});

it("saves the fields that differ, each whole", () => {
  expect(changed({ default_minutes: 0, limit: 2.5, which: "all" })).toEqual({
    default_minutes: 0,
    limit: 2.5,
    which: "all",
  });
  expect(changed({ assigned: { contacts: false, leads: false } })).toEqual({
    assigned: { contacts: false, leads: false },
  });
});

it("leaves a secret as it is until it is replaced or taken away", () => {
  expect(changed({ token: undefined })).toEqual({});
  expect(changed({ token: "another" })).toEqual({ token: "another" });
  expect(changed({ token: null })).toEqual({ token: "" });
});

it("finds the field that the server's sentence is about", () => {
  const place = (reason: string) => placeOf(reason, fields)?.name ?? null;
  expect(place("default_minutes must be an integer from 0 to 59")).toBe("default_minutes");
  expect(place("assigned.contacts must be true or false")).toBe("assigned");
  expect(place("cc_address must be an address: which of the rows do you mean?")).toBe("cc_address");
  expect(place("Somebody else has changed this; load it again")).toBeNull();
  expect(reworded("default_minutes must be an integer from 0 to 59", field("default_minutes"))).toBe(
    "Default Minutes must be an integer from 0 to 59",
  );
  expect(reworded("assigned.contacts must be true or false", field("assigned"))).toBe(
    "assigned.contacts must be true or false",
  );
});

it("reads a switch that is left out as the schema says, whatever it is called", () => {
  expect([isOn(field("assigned"), {}, "x"), isOn(field("weekdays"), {}, "x")]).toEqual([true, false]);
  expect(isOn(field("weekdays"), {}, "constructor")).toBe(false);
});

it("says a default in words", () => {
  const said = (name: string, value: unknown = field(name).usual) => sayValue(field(name), value, MODULES);
  expect(fields.map(({ name }) => said(name))).toEqual([
    "15",
    "on",
    "Newest",
    "on for all",
    "on for Mon",
    "none",
    "none",
    "Email",
    "none",
    "none",
    "none",
    "none",
    "none",
    "Mon–Tue 09:00–17:00",
    "none",
  ]);
  expect(said("assigned", { contacts: false })).toBe("on for LEADS");
  expect(said("assigned", { contacts: false, leads: false })).toBe("off for all");
  expect(said("rows", [{ left: 1 }])).toBe("1 entry");
  expect(said("hours", { High: 4, Low: 16.5 })).toBe("High: 4, Low: 16.5");
  expect(said("anything", { left: 1 })).toBe('{"left":1}');
});

it("offers the modules where a map of switches is of modules", () => {
  expect(othersOf(field("assigned"), { leads: true }, MODULES)).toEqual(["contacts", "leads"]);
  expect(othersOf(field("weekdays"), {}, MODULES)).toEqual([]);
  expect(othersOf(field("assigned"), { unheard_of: true }, MODULES)).toEqual([]);
});
