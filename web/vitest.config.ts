// Unit tests of the pages: beside the code they test, in a pretend browser. The e2e tests have a configuration
// of their own, since they need a real one.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  resolve: { conditions: ["browser"] },
  test: {
    include: ["{client,bell,demo,centre}/**/*.test.ts"],
    environment: "happy-dom",
    restoreMocks: true,
  },
});
