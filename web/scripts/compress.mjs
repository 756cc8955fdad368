// Puts a .br and a .gz beside every built file and prints what each weighs. `--size` writes nothing and fails where a
// budget is broken: a build for somebody who only wants to run it does not hang on a few bytes.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const onlySizes = process.argv.includes("--size");

/** Brotli kB (1,000 bytes) that may not be passed: the bell's one file, and all that a page's first load takes. */
const BUDGET = { bell: 6, centre: 90, outbox: 50 };

/** Already compressed, or too small to gain. */
const AS_THEY_ARE = new Set([".br", ".gz", ".png", ".woff2", ".map"]);

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

const kilobytes = (bytes) => (bytes / 1000).toFixed(2).padStart(7);

const entries = await readdir(dist, { recursive: true, withFileTypes: true });
const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

/** Brotli size by path below dist. */
const sizes = new Map();
for (const path of paths.sort()) {
  if (AS_THEY_ARE.has(extname(path))) {
    if (/\.(br|gz)$/.test(path) && !paths.includes(path.slice(0, -3))) await rm(path);
    continue;
  }
  const bytes = await readFile(path);
  const small = brotli(bytes);
  sizes.set(relative(dist, path), small.length);
  console.log(`${kilobytes(bytes.length)} kB ${kilobytes(small.length)} kB brotli  ${relative(dist, path)}`);
  if (onlySizes) continue;
  await writeFile(`${path}.br`, small);
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

/** What the browser fetches before the page stands: the page, its scripts and styles, and what it preloads. */
async function firstLoad(page) {
  const text = await readFile(join(dist, page), "utf8");
  const needed = new Set([page]);
  for (const [, url] of text.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)) needed.add(url);
  return [...needed].reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
}

let broken = false;
function judge(name, bytes, budget) {
  const isOver = bytes > budget * 1000;
  broken ||= isOver;
  console.log(`${name}: ${(bytes / 1000).toFixed(2)} kB of ${budget} kB brotli${isOver ? ": TOO BIG" : ""}`);
}

if (sizes.has("belfry-bell.js")) judge("bell", sizes.get("belfry-bell.js"), BUDGET.bell);
if (sizes.has("index.html")) judge("centre's first load", await firstLoad("index.html"), BUDGET.centre);
if (sizes.has("demo/outbox.html"))
  judge("outbox's first load", await firstLoad("demo/outbox.html"), BUDGET.outbox);
process.exit(broken && onlySizes ? 1 : 0);
