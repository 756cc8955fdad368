import { expect, it } from "vitest";
import { audienceOf, isAmongColleagues } from "./remark";

it("takes what mentions somebody, or tries to, for a word among colleagues", () => {
  for (const text of [
    "@Support look",
    "he is rude (@bne)",
    '@"Support: look',
    "@grace@elsewhere.example",
    "a\n@_b",
    "@@x",
  ]) {
    expect(isAmongColleagues(text), text).toBe(true);
  }
  for (const text of ["write to grace@example.com", "at 5 @ the office", "@", "@.", "@, and", "ß@ben", ""]) {
    expect(isAmongColleagues(text), text).toBe(false);
  }
});

it("says who reads it", () => {
  const jane = { isCustomers: false, isInternal: false, writesTo: "jane@acme.example" };
  expect(audienceOf(jane)).toBe("customer");
  expect(audienceOf({ ...jane, writesTo: null })).toBe("nobody");
  expect(audienceOf({ ...jane, isInternal: true })).toBe("team");
  expect(audienceOf({ ...jane, writesTo: undefined })).toBeNull();
  expect(audienceOf({ ...jane, isCustomers: true })).toBeNull();
});
