import { expect, it } from "vitest";
import { made } from "./page";

const shown = (html: string) => made(html).content.innerHTML;

it("makes elements of HTML, with their styles and words", () => {
  const { content, styles } = made(
    `<!doctype html><html><head><title>No</title><style>p > b { color: red }</style></head>
    <body style="margin: 0"><!--[if mso]><table><![endif]--><p title='a > "b"' class=x>Tom &amp; J&#246;rg&nbsp;&#x2713; &unknown;<br>1 < 2</p></body></html>`,
  );
  expect(styles).toEqual(["p > b { color: red }"]);
  const paragraph = content.querySelector("p");
  expect(paragraph?.textContent).toBe("Tom & Jörg\u00a0✓ &unknown;1 < 2");
  expect(paragraph?.title).toBe('a > "b"');
  expect(paragraph?.className).toBe("x");
  expect(paragraph?.parentElement?.style.margin).toMatch(/^0/);
  expect(content.textContent).not.toContain("No");
});

it("leaves out what would run or be loaded", () => {
  for (const hostile of [
    "<script>alert(1)</script>",
    "<SCRIPT src=//evil.example>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">a</a>',
    '<a href=" java\nscript:alert(1)">a</a>',
    "<iframe src=//evil.example></iframe>",
    "<svg><script>alert(1)</script></svg>",
    '<form action="//evil.example"><input></form>',
    '<meta http-equiv="refresh" content="0;//evil.example">',
    '<td background="//evil.example">',
  ]) {
    const html = shown(`${hostile}`);
    expect(html, hostile).not.toMatch(/script|onerror|evil|src|input/i);
  }
  expect(shown("<svg><b>no</b></svg>after")).toBe("after");
});

it("bears with what is not closed, or never was open", () => {
  expect(shown("<p>a<b>b</p></i>c")).toBe("<p>a<b>b</b></p>c");
  expect(shown("a <b")).toBe("a &lt;b");
});
