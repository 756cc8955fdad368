import { expect, test } from "vitest";
import { isOffSite, safeLink } from "./link";

test.each(["/", "/tickets/42", "/a?b=c#d", "https://example.com", "HTTP://example.com:8080/x?y#z", "/a//b"])(
  "%s is a link",
  (link) => expect(safeLink(link)).toBe(link),
);

test.each([
  ...["", "tickets/42", "//evil.example", "/\\evil.example", "/a\\b", "\\\\evil", "#x", "?x"],
  ...["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)"],
  ...["data:text/html,x", "vbscript:x", "blob:https://example.com/1", "file:///etc/passwd", "mailto:a@b.c"],
  ...["https:example.com", "https:/example.com", "https://", "https:///x", "https://[bad"],
  ...["https://crm.example@evil.example", "https://a:b@evil.example/", " https://example.com", "/a b"],
  ...["\u0000/a", "/\t/evil.example", "/\n/evil.example", "/a\u007f", "/a\u0085"],
  ...["/a\u202eb", "https://example.com/\u200b", "\ufeff/a", "/\u2066a", "/\u00a0"],
])("%j is none", (link) => expect(safeLink(link)).toBeNull());

test("nothing is no link", () => {
  expect(safeLink(null)).toBeNull();
  expect(safeLink(undefined)).toBeNull();
});

test("a link to another origin is off-site, a path is not", () => {
  expect(isOffSite("/tickets/42")).toBe(false);
  expect(isOffSite(location.origin + "/x")).toBe(false);
  expect(isOffSite("https://example.com/")).toBe(true);
});
