// The Markdown of cards, as far as Teams and RingCentral show it: bold, slanted, links, lists, paragraphs.
import { element } from "./element";

const INLINE =
  /\\([!-/:-@[-`{-~])|\*\*(?=\S)((?:\\.|[^\\])+?)\*\*|([*_])(?=\S)((?:\\.|[^\\])+?)\3|\[((?:\\.|[^\\\]])*)\]\(([^()\s]*)\)|&(#\d+|#x[\da-f]+|[a-z]+);/gi;

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0" };

/** A text as nodes. */
export function markdown(text: string): Node[] {
  const blocks = text.split(/\n{2,}/).map((block) => block.trim());
  const filled = blocks.filter(Boolean);
  return filled.length === 1 && !isList(filled[0]!) ? inline(filled[0]!) : filled.map(block);
}

const BULLET = /^[-*+] +/;

function isList(text: string): boolean {
  return text.split("\n").every((line) => BULLET.test(line));
}

function block(text: string): Node {
  if (!isList(text)) return element("p", {}, ...inline(text));
  const items = text.split("\n").map((line) => element("li", {}, ...inline(line.replace(BULLET, ""))));
  return element("ul", {}, ...items);
}

function inline(text: string): Node[] {
  const nodes: Node[] = [];
  let from = 0;
  const plain = (words: string) => words && nodes.push(document.createTextNode(words));
  for (const match of text.matchAll(INLINE)) {
    plain(text.slice(from, match.index));
    from = match.index + match[0].length;
    const [whole, escaped, bold, , slanted, label, url, entity] = match;
    if (escaped !== undefined) plain(escaped);
    else if (bold !== undefined) nodes.push(element("strong", {}, ...inline(bold)));
    else if (slanted !== undefined) nodes.push(element("em", {}, ...inline(slanted)));
    else if (url !== undefined) nodes.push(...link(whole, label ?? "", url));
    else plain(character(entity ?? "") ?? whole);
  }
  plain(text.slice(from));
  return nodes;
}

function link(whole: string, label: string, url: string): Node[] {
  if (!/^(https?:|mailto:)/i.test(url)) return [document.createTextNode(whole)];
  return [element("a", { href: url, target: "_blank", rel: "noopener" }, ...inline(label))];
}

function character(entity: string): string | undefined {
  if (!entity.startsWith("#")) return ENTITIES[entity.toLowerCase()];
  const code = /^#x/i.test(entity) ? parseInt(entity.slice(2), 16) : Number(entity.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
