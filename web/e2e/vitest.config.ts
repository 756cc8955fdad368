// The stories in a real browser against a real server. One after the other: each may use the machine whole.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname + "/..",
    include: ["e2e/**/*.e2e.ts"],
    environment: "node",
    fileParallelism: false,
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    slowTestThreshold: 15_000,
  },
});
