import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/** Where `vite dev` finds a running server, for example `belfry demo`. */
const server = process.env.BELFRY_SERVER ?? "http://127.0.0.1:8080";

/** The notification centre: `centre/` in, `dist/index.html` and `dist/assets/*` out, beside the bell's files. */
export default defineConfig({
  root: "centre",
  base: "/",
  plugins: [
    svelte({
      configFile: false,
      compilerOptions: {
        runes: true,
        // Builds the page node by node: without innerHTML the CSP can refuse every Trusted Types policy.
        fragments: "tree",
      },
    }),
  ],
  build: {
    outDir: "../dist",
    emptyOutDir: false,
    target: ["chrome123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    strictPort: true,
    proxy: { "/crm": { target: server, changeOrigin: false } },
  },
});
