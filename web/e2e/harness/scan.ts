// Looks through a page and all its shadow trees for what only data could have put there.
import type { Page } from "playwright-core";

/** What a page is made of. */
export interface Scan {
  /** Everything that no data may bring into a page */
  faults: string[];
  /** Each element with each of its attributes, such as `a[href]` */
  kinds: string[];
}

/** @param root a CSS selector: only what is below it is looked at */
export async function scan(page: Page, root = "html"): Promise<Scan> {
  return await page.evaluate((root) => {
    const faults: string[] = [];
    const kinds = new Set<string>();
    const FORBIDDEN =
      /^(iframe|frame|object|embed|applet|base|portal|marquee|animate|set|use|foreignobject|style|video|audio|img|image|math|template|xss)$/i;
    /** The styles that our own scripts set, by the CSSOM. */
    const STYLES =
      /^(transform|--hue|(block|inline|min-block|max-block)-size|height|width|top|animation[a-z-]*|z-index)$/;

    function isOwn(element: Element): boolean {
      const url = (name: string) => new URL(element.getAttribute(name) ?? "", location.href);
      const isServed = (name: string) => url(name).origin === location.origin;
      switch (element.localName) {
        case "script":
          return element.hasAttribute("src") && isServed("src") && !element.textContent;
        case "link":
          return (
            isServed("href") || (element.getAttribute("rel") === "icon" && url("href").protocol === "data:")
          );
        case "meta":
          return !element.hasAttribute("http-equiv");
        case "form":
          return !element.hasAttribute("action");
        default:
          return !FORBIDDEN.test(element.localName);
      }
    }

    function judgeHref(element: Element, href: string): void {
      const isFixed = /^(#[\w-]*|mailto:\w+@northwind\.example)$/.test(href) || element.localName === "link";
      const isSafe =
        /^(https?:\/\/[^/]|\/(?![/\\]))/i.test(href) &&
        /^https?:$/.test(new URL(href, location.href).protocol);
      if (!isFixed && !isSafe) faults.push(`href ${href}`);
      const isAway = new URL(href, location.href).origin !== location.origin && !isFixed;
      const rel = element.getAttribute("rel") ?? "";
      if (isAway && !(rel.includes("noopener") && rel.includes("noreferrer")))
        faults.push(`${href} without rel`);
    }

    function judge(element: Element): void {
      if (!isOwn(element)) faults.push(`element ${element.outerHTML.slice(0, 200)}`);
      kinds.add(element.localName);
      for (const { name, value } of element.attributes) {
        kinds.add(`${element.localName}[${name}]`);
        if (/^on/i.test(name)) faults.push(`${name} of ${element.outerHTML.slice(0, 200)}`);
        if (
          /^\s*(java|vb|live)script:/i.test(value) &&
          name !== "title" &&
          name !== "aria-label" &&
          name !== "value"
        ) {
          faults.push(`${name}="${value}" of ${element.localName}`);
        }
        if (/^(href|xlink:href|action|formaction|src)$/.test(name) && element.localName !== "script")
          judgeHref(element, value);
        if (name === "srcdoc" || name === "srcset" || name === "ping")
          faults.push(`${name} of ${element.localName}`);
      }
      const { style } = element as HTMLElement;
      const strange = [...(style ?? [])].filter((property) => !STYLES.test(property));
      if (strange.length > 0) faults.push(`style ${strange} of ${element.localName}`);
      if (element.shadowRoot) for (const inner of element.shadowRoot.querySelectorAll("*")) judge(inner);
    }

    for (const top of document.querySelectorAll(root)) {
      judge(top);
      for (const element of top.querySelectorAll("*")) judge(element);
    }
    const isWide = document.documentElement.scrollWidth > innerWidth;
    if (isWide) faults.push(`the page is ${document.documentElement.scrollWidth} pixels wide`);
    if (Object.keys(Object.prototype).length > 0) faults.push("Object.prototype has new members");
    return { faults: [...new Set(faults)], kinds: [...kinds].sort() };
  }, root);
}
