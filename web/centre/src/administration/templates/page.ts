import { type Token, tokensOf } from "./html";

/** What never belongs into an e-mail, with all that is in it. */
const UNSHOWN = new Set([
  "script",
  "iframe",
  "object",
  "embed",
  "form",
  "button",
  "select",
  "textarea",
  "noscript",
  "template",
  "title",
  "svg",
  "math",
  "audio",
  "video",
]);

/** What stands alone and is not shown. */
const UNSHOWN_ALONE = new Set(["meta", "link", "base", "input", "source", "track"]);

/** What holds nothing, and so is never closed. */
const VOID = new Set([...UNSHOWN_ALONE, "br", "col", "embed", "hr", "img", "wbr", "area"]);

/** What a page is made of, which a part of a page cannot be. */
const WHOLE = new Set(["html", "head", "body"]);

/**
 * Shows the page of an e-mail in a shadow root, where its styles touch nothing else. These pages may make no HTML of
 * text, and no styles in it count: so it is read here, and made element by element.
 */
export function showMail(html: string) {
  return (host: HTMLElement) => {
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const { content, styles } = made(html);
    root.adoptedStyleSheets = styles.map((style) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style);
      return sheet;
    });
    root.replaceChildren(content);
  };
}

/** The elements of a page, and its styles. */
export function made(html: string): { content: HTMLElement; styles: string[] } {
  const content = document.createElement("div");
  const open: HTMLElement[] = [content];
  const styles: string[] = [];
  let unshown: string | null = null;
  for (const token of tokensOf(html)) {
    if (unshown) {
      if (token.kind === "end" && token.name === unshown) unshown = null;
    } else if (token.kind === "text") open.at(-1)!.append(token.text);
    else if (token.kind === "style") styles.push(token.text);
    else if (token.kind === "end") close(open, token.name);
    else if (UNSHOWN.has(token.name)) unshown = VOID.has(token.name) ? null : token.name;
    else if (!UNSHOWN_ALONE.has(token.name)) {
      const element = elementOf(token);
      open.at(-1)!.append(element);
      if (!VOID.has(token.name)) open.push(element);
    }
  }
  return { content, styles };
}

/** Closes an element, and what in it was left open; one that is not open says nothing. */
function close(open: HTMLElement[], name: string): void {
  const at = open.findLastIndex((element, index) => index > 0 && nameOf(element) === name);
  if (at > 0) open.splice(at);
}

const nameOf = (element: HTMLElement) => element.dataset.was ?? element.localName;

function elementOf({ name, attributes }: Extract<Token, { kind: "start" }>): HTMLElement {
  const element = document.createElement(WHOLE.has(name) ? "div" : name);
  for (const [name, value] of attributes) {
    if (name === "style") element.style.cssText = value;
    else if (mayHave(name, value)) element.setAttribute(name, value);
  }
  if (WHOLE.has(name)) element.dataset.was = name;
  if (element instanceof HTMLAnchorElement) [element.target, element.rel] = ["_blank", "noopener noreferrer"];
  return element;
}

/** Nothing runs, and nothing is loaded from elsewhere: an image shows what it says instead. */
function mayHave(name: string, value: string): boolean {
  if (!/^[a-z][a-z0-9-]*$/.test(name) || /^(on|data-was$|background$|srcset$|id$|is$|slot$)/.test(name))
    return false;
  if (name === "src") return /^data:image\//i.test(value);
  return name !== "href" || /^(https?:|mailto:|tel:|[/#?])/i.test(value.trim());
}
