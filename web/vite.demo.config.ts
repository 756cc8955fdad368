// Builds the demo's pages, the pretend CRM and the outbox: dist/demo/*.html, with their scripts and styles in
// dist/assets.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: false,
    target: ["chrome123", "firefox125", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: ["demo/crm.html", "demo/outbox.html"] },
  },
});
