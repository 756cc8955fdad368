import { describe, expect, it } from "vitest";
import { choicesOf, firstOf } from "./choice";

const ACME = { key: "7", name: "Acme" };
const use = (words: string) => `Use “${words}”`;

describe("what a combobox offers", () => {
  it("is nothing and what was found, while nothing is typed", () => {
    const choices = choicesOf({ words: "", found: [ACME], empty: "None", asTyped: use });
    expect(choices).toEqual([{ key: null, name: "None" }, ACME]);
    expect(choicesOf({ words: "", found: [ACME] })).toEqual([ACME]);
  });

  it("ends with the words themselves, unless they are what was found", () => {
    const typed = { key: "ac", name: "Use “ac”", isTyped: true };
    expect(choicesOf({ words: "ac", found: [ACME], empty: "None", asTyped: use })).toEqual([ACME, typed]);
    expect(choicesOf({ words: "7", found: [ACME], asTyped: use })).toEqual([ACME]);
    expect(choicesOf({ words: "ac", found: [] })).toEqual([]);
  });
});

describe("where Enter goes before one moved", () => {
  const [none, beta] = [
    { key: null, name: "None" },
    { key: "8", name: "Beta" },
  ];

  it("is what is chosen, and nowhere near what would take it away", () => {
    expect(firstOf([none, ACME, beta], "8", false)).toBe(2);
    expect(firstOf([none, ACME], "8", false)).toBe(-1);
    expect(firstOf([none, ACME], null, false)).toBe(0);
    expect(firstOf([], null, false)).toBe(-1);
  });

  it("is the first while one types, but never what nobody found", () => {
    const typed = { key: "ac", name: "Use “ac”", isTyped: true };
    expect(firstOf([ACME, beta, typed], "8", true)).toBe(0);
    expect(firstOf([none, ACME], "7", true)).toBe(0);
    expect(firstOf([typed], null, true)).toBe(-1);
    expect(firstOf([typed], "ac", true)).toBe(-1);
  });
});
