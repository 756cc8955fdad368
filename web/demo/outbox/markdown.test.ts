// The Markdown of cards: what is meant shows, what is escaped or foreign stays words.
import { expect, test } from "vitest";
import { element } from "./element";
import { markdown } from "./markdown";

const html = (text: string) => element("div", {}, ...markdown(text)).innerHTML;

test.each([
  ["Ticket #42", "Ticket #42"],
  ["**bold** and *slanted* and _so_", "<strong>bold</strong> and <em>slanted</em> and <em>so</em>"],
  ["**a *b* c**", "<strong>a <em>b</em> c</strong>"],
  ["one\n\ntwo", "<p>one</p><p>two</p>"],
  ["- one\n- two", "<ul><li>one</li><li>two</li></ul>"],
  ["**12 more:**\n\n- one\n- two", "<p><strong>12 more:</strong></p><ul><li>one</li><li>two</li></ul>"],
  [
    "[Open \\[it\\]](https://crm.example/a?b=%28c%29)",
    '<a href="https://crm.example/a?b=%28c%29" target="_blank" rel="noopener">Open [it]</a>',
  ],
  ["\\[x\\](http://evil)", "[x](http://evil)"],
  ["\\*\\*bold\\*\\* plan\\_name C:\\\\new", "**bold** plan_name C:\\new"],
  ["1\\. first \\- item \\&lt;", "1. first - item &amp;lt;"],
  ["a &amp; b &#42; &#x2a; &nosuch; AT&T;", "a &amp; b * * &amp;nosuch; AT&amp;T;"],
  ["2 * 3 * 4, a ** b", "2 * 3 * 4, a ** b"],
  ["", ""],
])("%s", (text, expected) => expect(html(text)).toBe(expected));

test.each([
  "<script>window.__xss=1</script>",
  "<img src=x onerror=alert(1)>",
  "[x](javascript:alert(1))",
  "[x](JAVASCRIPT:alert(1))",
  "[x](data:text/html,x)",
  "![x](https://evil.example/a.png)",
])("%s makes no element that does anything", (text) => {
  const made = element("div", {}, ...markdown(text));
  const elements = [...made.querySelectorAll("*")].map((one) => one.outerHTML);
  expect(elements.filter((one) => !/^<(p|a href="https?:)/.test(one))).toEqual([]);
});

test("a long text of marks takes no time", () => {
  const begun = performance.now();
  for (const mark of ["*", "_", "[", "\\", "**a", "[a](", "*a_"]) markdown(mark.repeat(5_000));
  expect(performance.now() - begun).toBeLessThan(2_000);
});
