// `npm run shots`: takes the documentation's pictures anew.
import { defineConfig } from "vitest/config";
import stories from "./vitest.config";

export default defineConfig({ test: { ...stories.test, include: ["e2e/shots.ts"] } });
