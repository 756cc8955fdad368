// Builds <belfry-bell>: one classic script without imports, so that any page can load it with one tag.
import { defineConfig, parseAst, type Plugin } from "vite";

/** Writes plain strings in the quotes that brotli's own dictionary knows, which the minifier does not. */
const quotes: Plugin = {
  name: "quotes",
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) if (chunk.type == "chunk") chunk.code = quoted(chunk.code);
  },
};

function quoted(code: string): string {
  const plain: { start: number; end: number; text: string }[] = [];
  const visit = (node: any) => {
    if (!node || typeof node != "object" || node.type == "TaggedTemplateExpression") return;
    const text = node.type == "TemplateLiteral" && node.quasis.length == 1 && node.quasis[0].value.cooked;
    if (typeof text == "string" && !/["\n\\]/.test(text)) plain.push({ ...node, text });
    else Object.values(node).forEach(visit);
  };
  visit(parseAst(code));
  for (const { start, end, text } of plain.sort((one, other) => other.start - one.start))
    code = code.slice(0, start) + JSON.stringify(text) + code.slice(end);
  return code;
}

export default defineConfig({
  publicDir: false,
  plugins: [quotes],
  build: {
    outDir: "dist",
    emptyOutDir: false,
    // Older ones lack light-dark() and popover, which the bell lives by.
    target: ["chrome125", "firefox128", "safari17.5"],
    modulePreload: false,
    lib: { entry: "bell/bell.ts", formats: ["iife"], name: "belfryBell", fileName: () => "belfry-bell.js" },
  },
});
