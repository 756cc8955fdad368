// An inbox without end stays smooth: the page holds what one sees, and no more.
import type { Page } from "playwright-core";
import { Centre } from "./harness/centre";
import { type Content, describe, expect, type Person, type Server, test, timed } from "./harness/test";

/** Rows in the page at once: what fits into the window and the margins, many times over. */
const MOST_ROWS = 80;

/** For how long far down is scrolled, and how long one piece of work of the page may block it: generous, for machines
 * that do other things too. What was seen is printed. */
const SCROLL_MS = 4_000;
const MOST_BLOCKED_MS = 400;

/** A hundred thousand, where that many are stored within this time; else fewer. */
const STORE_MS = 15_000;
const MANY = 100_000;
const FEW = 20_000;

const numbered = (count: number, from = 0): Content[] =>
  Array.from({ length: count }, (_, index) => ({ title: `Number ${from + index + 1}` }));

describe("an endless list", () => {
  test("of 1,000 is scrolled to its end, and the page stays small", async ({ server, visit, person }) => {
    await server.sendAll(person, numbered(1_000));
    const centre = new Centre(await (await visit({ as: person })).open("/inbox"));
    await centre.row("Number 1000").waitFor();
    const seen = new Set<string>(await centre.titles());
    let most = 0;
    for (let steps = 0; steps < 400 && !seen.has("Number 1"); steps++) {
      await wheel(centre.page, 1_400);
      for (const title of await centre.titles()) seen.add(title);
      most = Math.max(most, await centre.rows.count());
    }
    await centre.page.getByText("You have reached the end").waitFor();
    expect(most).toBeLessThan(MOST_ROWS);
    expect(await centre.page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(3_000);
    expect(seen.size).toBe(1_000);
  });

  test("of very many scrolls without stutter", async ({ server, visit, person }) => {
    const count = await fill(server, person);
    const visitor = await visit({ as: person });
    const page = await visitor.open("/inbox");
    const centre = new Centre(page);
    const opened = await timed(() => centre.row(`Number ${count}`).waitFor());
    await page.evaluate(() => {
      const blocked: number[] = [];
      new PerformanceObserver((list) =>
        blocked.push(...list.getEntries().map(({ duration }) => duration)),
      ).observe({ type: "longtask" });
      Object.assign(window, { blocked });
    });
    const end = performance.now() + SCROLL_MS;
    while (performance.now() < end) await wheel(page, 4_000);
    const deepest = Math.min(...(await centre.titles()).map((title) => Number(title.split(" ")[1])));
    const blocked = await page.evaluate(() => (window as unknown as { blocked: number[] }).blocked);
    const worst = Math.max(0, ...blocked);
    console.log(
      `endless: of ${count}, first row after ${opened.toFixed(0)} ms, scrolled over ${count - deepest} in ${SCROLL_MS} ms, ` +
        `${blocked.length} tasks over 50 ms, the longest ${worst.toFixed(0)} ms`,
    );
    expect(count - deepest).toBeGreaterThan(500);
    expect(worst).toBeLessThan(MOST_BLOCKED_MS);
    expect(await centre.rows.count()).toBeLessThan(MOST_ROWS);
  });
});

/** Turns the wheel over the list by so many pixels, and lets the page draw. */
async function wheel(page: Page, pixels: number): Promise<void> {
  await page.mouse.move(400, 500);
  await page.mouse.wheel(0, pixels);
  await page.evaluate(
    () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
  );
}

/** Sends very many; how many depends on the machine. */
async function fill(server: Server, person: Person): Promise<number> {
  const sample = 5_000;
  const took = await timed(() => server.sendAll(person, numbered(sample)));
  const count = (took * MANY) / sample < STORE_MS ? MANY : FEW;
  await server.sendAll(person, numbered(count - sample, sample));
  return count;
}
