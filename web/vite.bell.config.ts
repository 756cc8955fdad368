// Builds <belfry-bell>: one classic script without imports, so that any page can load it with one tag.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: false,
    // Older ones lack light-dark() and popover, which the bell lives by.
    target: ["chrome123", "firefox125", "safari17.5"],
    modulePreload: false,
    lib: { entry: "bell/bell.ts", formats: ["iife"], name: "belfryBell", fileName: () => "belfry-bell.js" },
  },
});
