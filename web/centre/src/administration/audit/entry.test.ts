import { expect, it } from "vitest";
import type { AuditEntry } from "../../../../client/types";
import { ALL_CHANGES } from "../../route";
import { People } from "../people";
import { fieldsOf } from "../settings/schema";
import { SAMPLE } from "../settings/sample";
import { queryOf } from "./audit.svelte";
import { changesIn, fieldName, peopleIn, subjectName } from "./entry";

const people = new People();
people.find = (id) => (id === 5 ? { id: 5, name: "Eve Sales", email: "eve@example.com" } : undefined);
const known = {
  people,
  modules: [
    {
      name: "contacts",
      title: "Contacts",
      singular: "Contact",
      announces: true,
      fields: [{ name: "phone", title: "Telephone", type: "text" as const, options: null, description: "" }],
    },
  ],
  groups: [{ key: "sample", title: "Sample Settings", about: "", fields: fieldsOf(SAMPLE), values: {} }],
};

function entry(what: Partial<AuditEntry>): AuditEntry {
  return {
    id: 1,
    at: "2026-11-20T10:00:00Z",
    module: "contacts",
    record_id: "12",
    group: null,
    field: "phone",
    from: null,
    to: "+44 1",
    actor_id: null,
    actor: "CRM",
    by: "Modified(API)",
    ...what,
  };
}

const setting = (field: string, from: unknown, to: unknown) =>
  entry({ module: null, record_id: null, group: "sample", field, from, to });

it("names records and settings as people do", () => {
  expect(subjectName(entry({}), known)).toBe("Contact 12");
  expect(subjectName(entry({ module: "unheard_of", record_id: "x\u202ey" }), known)).toBe(
    "Unheard of x\\u202ey",
  );
  expect(subjectName(setting("is_on", true, false), known)).toBe("Sample Settings");
  expect(fieldName(entry({}), known)).toBe("Telephone");
  expect(fieldName(entry({ field: "assigned_to" }), known)).toBe("Assigned to");
  expect(fieldName(entry({ field: "shoe_size" }), known)).toBe("Shoe size");
  expect(fieldName(setting("default_minutes", 15, 0), known)).toBe("Default Minutes");
});

it("says before and after, users by name", () => {
  expect(changesIn(entry({}), known)).toEqual([{ name: null, from: "none", to: "+44 1" }]);
  expect(changesIn(entry({ field: "assigned_to", from: 5, to: 1234 }), known)).toEqual([
    { name: null, from: "Eve Sales", to: "user #1234" },
  ]);
  expect(changesIn(entry({ from: 1234, to: 0 }), known)).toEqual([{ name: null, from: "1234", to: "0" }]);
  expect(changesIn(setting("missed", "newest", "all"), known)).toEqual([
    { name: null, from: "Newest", to: "All" },
  ]);
});

it("says of a map only what became different", () => {
  expect(
    changesIn(setting("assigned", { contacts: true, leads: true }, { contacts: false, leads: true }), known),
  ).toEqual([{ name: "Contacts", from: "on", to: "off" }]);
});

it("asks who the people are that it names", () => {
  expect(peopleIn(entry({ field: "assigned_to", from: 5, to: null, actor_id: 7 }))).toEqual([5, 7]);
  expect(peopleIn(entry({ from: 5, to: 6 }))).toEqual([]);
});

it("asks for whole days of the reader's zone, and for a record only with its module", () => {
  const view = { ...ALL_CHANGES, record: "12", user: 5, from: "2026-11-01", until: "2026-11-01" };
  expect(queryOf(view, "Australia/Perth")).toBe(
    "actor_id=5&from=2026-10-31T16%3A00%3A00Z&until=2026-11-01T16%3A00%3A00Z",
  );
  expect(queryOf({ ...view, module: "contacts", from: null, until: null }, "UTC")).toBe(
    "module=contacts&record_id=12&actor_id=5",
  );
});
