import { expect, it } from "vitest";
import { KNOWN_TYPES } from "../inbox/kinds";
import { grouped } from "./groups";
import { visible } from "./visible";
import { lasting, whyNot } from "./words";

it("shows what cannot be seen, and leaves all else as it is", () => {
  expect(visible("\x1b[31mred\x1b[0m")).toBe("\\x1b[31mred\\x1b[0m");
  expect(visible("a\r\nb\tc\0\x7f")).toBe("a\\r\nb\tc\\x00\\x7f");
  expect(visible("gnp.\u202eexe\u2066\u200b\x85\ufeff")).toBe("gnp.\\u202eexe\\u2066\\u200b\\x85\\ufeff");
  expect(visible("Grüße, 你好 <img onerror=x>")).toBe("Grüße, 你好 <img onerror=x>");
});

it("has every known type in a group of its own, and an operator's in the last", () => {
  const groups = grouped([...KNOWN_TYPES, "rack_on_fire", "constructor"]);
  const sorted = groups.filter(({ name }) => name !== "other").flatMap(({ types }) => types);
  expect(sorted.toSorted()).toEqual([...KNOWN_TYPES].toSorted());
  expect(groups.at(-1)).toEqual({ name: "other", types: ["constructor", "rack_on_fire"] });
  expect(grouped(["manual"])).toEqual([{ name: "messages", types: ["manual"] }]);
});

it("says why not: in the reader's words, else in the server's", () => {
  expect(whyNot({ reason: "no_url", explanation: "x" })).toBe("no address is stored for it");
  expect(whyNot({ reason: "eclipse", explanation: "The moon is in the way" })).toBe("The moon is in the way");
  expect(whyNot({ reason: "constructor", explanation: null })).toBe("Constructor");
  expect(whyNot({ reason: null, explanation: null })).toBe("");
});

it("says how long it took", () => {
  expect([lasting(7), lasting(999), lasting(2_140)]).toEqual(["7 ms", "999 ms", "2.1 s"]);
});
