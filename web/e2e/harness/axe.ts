// Looks at a page as axe does, in both themes, on a desk and on a phone.
/// <reference types="node" />
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";

/** Given to the page by the debugger, which the page's policy does not concern. */
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const WIDTHS = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 780 } };
const THEMES = ["light", "dark"] as const;
const COLOURS = ["color-contrast", "link-in-text-block"];

/** Every violation in every theme and width, one a line, with where it is and why. */
export async function violations(page: Page, state: string): Promise<string[]> {
  const found: string[] = [];
  for (const [name, size] of Object.entries(WIDTHS)) {
    await page.setViewportSize(size);
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      // The theme changes colours and nothing else.
      const rules = colorScheme === "dark" ? COLOURS : [];
      found.push(...(await seen(page, rules)).map((line) => `${state}, ${colorScheme}, ${name}: ${line}`));
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(WIDTHS.desk);
  return found;
}

async function seen(page: Page, rules: string[]): Promise<string[]> {
  await page.evaluate(`window.axe || (() => { ${AXE} })()`);
  return await page.evaluate(async (rules) => {
    // Colours on their way from one to another are neither.
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const transitions = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(transitions.map((one) => one.finished));
    const { axe: look } = window as unknown as { axe: typeof axe };
    const { violations } = await look.run(document, {
      resultTypes: ["violations"],
      ...(rules.length > 0 && { runOnly: rules }),
    });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ target, any }) => `${id} (${help}) at ${target.flat().join(" ")}: ${any[0]?.message ?? ""}`,
      ),
    );
  }, rules);
}
