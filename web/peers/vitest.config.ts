// What the server sends, read by packages of others. scripts/peers.sh has the server write it first.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname + "/..",
    include: ["peers/**/*.test.ts"],
    environment: "happy-dom",
    // adaptivecards imports its own files without their extensions, which Node alone does not find.
    server: { deps: { inline: ["adaptivecards"] } },
  },
});
