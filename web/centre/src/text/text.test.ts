import { expect, it } from "vitest";
import { de as administrationDe } from "../administration/de";
import { en as administrationEn } from "../administration/en";
import { de as deliveryDe } from "../delivery/de";
import { en as deliveryEn } from "../delivery/en";
import { de as whyDe } from "../inbox/why/de";
import { en as whyEn } from "../inbox/why/en";
import { de as choicesDe } from "../profile/choices/de";
import { en as choicesEn } from "../profile/choices/en";
import { de as recordsDe } from "../records/de";
import { en as recordsEn } from "../records/en";
import { de } from "./de";
import { en } from "./en";
import { humanised, speak, spoken, t, typeName } from "./text.svelte";

type Leaves = Map<string, unknown>;

/** Every string of a catalogue by its path; a function by what it says of a sample. */
function leaves(node: object, path = "", found: Leaves = new Map()): Leaves {
  for (const [name, value] of Object.entries(node)) {
    if (typeof value === "object") leaves(value, `${path}${name}.`, found);
    else found.set(path + name, typeof value === "function" ? value(2, "x", "y") : value);
  }
  return found;
}

const CATALOGUES: [name: string, english: object, german: object, same: number][] = [
  ["the centre", en, de, 19],
  ["delivery", deliveryEn, deliveryDe, 8],
  ["choices", choicesEn, choicesDe, 8],
  ["records", recordsEn, recordsDe, 6],
  ["administration", administrationEn, administrationDe, 4],
  ["why", whyEn, whyDe, 1],
];

it.each(CATALOGUES)("has every string in every language, and none that is empty: %s", (_, en, de) => {
  const [english, german] = [leaves(en), leaves(de)];
  expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  for (const [path, said] of [...english, ...german]) {
    expect(said, path).toEqual(expect.stringMatching(/\S/));
    expect(said, path).not.toMatch(/undefined|\[object|#$/);
  }
});

it.each(CATALOGUES)("translates: few strings are the same in both: %s", (_, en, de, most) => {
  const german = leaves(de);
  const same = [...leaves(en)].filter(([path, said]) => german.get(path) === said).map(([path]) => path);
  expect(same.length, same.join()).toBeLessThan(most);
});

it("counts as the language does", () => {
  expect([en.live.fresh(1), en.live.fresh(2), en.live.fresh(1200)]).toEqual([
    "1 new notification",
    "2 new notifications",
    "1,200 new notifications",
  ]);
  expect([de.live.fresh(1), de.live.fresh(1200)]).toEqual([
    "1 neue Benachrichtigung",
    "1.200 neue Benachrichtigungen",
  ]);
});

it("speaks the nearest language, else English", () => {
  expect([spoken("de-AT"), spoken("en-GB"), spoken("fr"), spoken("")]).toEqual(["de", "en", "en", "en"]);
  speak("de-AT");
  expect(t().nav.inbox).toBe("Eingang");
  speak("fr");
  expect(t().nav.inbox).toBe("Inbox");
  expect(document.documentElement.lang).toBe("en");
});

it("shows an operator's own type by its name, whatever it is", () => {
  expect(typeName("rack_on_fire")).toBe("Rack on fire");
  expect(typeName("constructor")).toBe("Constructor");
  expect(humanised("provision_job_id")).toBe("Provision job ID");
  expect(humanised("callbackUrl")).toBe("Callback URL");
  expect(humanised("_")).toBe("_");
});
