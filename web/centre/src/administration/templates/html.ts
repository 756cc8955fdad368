/** A piece of HTML as it is written. */
export type Token =
  | { kind: "start"; name: string; attributes: [name: string, value: string][] }
  | { kind: "end"; name: string }
  | { kind: "text"; text: string }
  /** What stands in a `style` element */
  | { kind: "style"; text: string };

/** Comments and the like, a tag with its attributes, text, or an angle bracket that begins nothing. */
const PIECE =
  /<!--[^]*?(?:-->|$)|<[!?][^>]*>?|<(?<end>\/?)(?<name>[a-z][^\s/>]*)(?<rest>(?:"[^"]*"|'[^']*'|[^'">])*)>|[^<]+|</gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=]+)))?/g;

/** What is read to its end tag, whatever stands in it. */
const RAW = new Set(["style", "script", "title", "textarea", "noscript", "iframe"]);

const NAMED: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  shy: "\u00ad",
  zwnj: "\u200c",
  zwj: "\u200d",
  ensp: "\u2002",
  emsp: "\u2003",
  ndash: "–",
  mdash: "—",
  hellip: "…",
  middot: "·",
  bull: "•",
  laquo: "«",
  raquo: "»",
  ldquo: "“",
  rdquo: "”",
  bdquo: "„",
  lsquo: "‘",
  rsquo: "’",
  copy: "©",
  reg: "®",
  trade: "™",
  euro: "€",
  pound: "£",
  times: "×",
  rarr: "→",
  larr: "←",
};

/** Reads HTML as it is written in e-mails: well enough to look at, for the browser may not be asked to. */
export function tokensOf(html: string): Token[] {
  const tokens: Token[] = [];
  PIECE.lastIndex = 0;
  for (let found = PIECE.exec(html); found; found = PIECE.exec(html)) {
    const { end, name: written, rest = "" } = found.groups ?? {};
    if (!written) {
      if (!/^<[!?]/.test(found[0])) tokens.push({ kind: "text", text: decoded(found[0]) });
      continue;
    }
    const name = written.toLowerCase();
    if (end) {
      tokens.push({ kind: "end", name });
    } else if (RAW.has(name)) {
      const from = PIECE.lastIndex;
      const length = html.slice(from).search(new RegExp(`</${name}\\b`, "i"));
      const until = length < 0 ? html.length : from + length;
      if (name === "style") tokens.push({ kind: "style", text: html.slice(from, until) });
      const after = html.indexOf(">", until);
      PIECE.lastIndex = after < 0 ? html.length : after + 1;
    } else {
      tokens.push({ kind: "start", name, attributes: attributesOf(rest) });
    }
  }
  return tokens;
}

function attributesOf(text: string): [string, string][] {
  return [...text.matchAll(ATTRIBUTE)].map(([, name = "", double, single, bare]) => [
    name.toLowerCase(),
    decoded(double ?? single ?? bare ?? ""),
  ]);
}

/** Text without entities; one that nobody knows stays as it is written. */
function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name) return Object.hasOwn(NAMED, name) ? NAMED[name]! : whole;
    const code = hex ? parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
