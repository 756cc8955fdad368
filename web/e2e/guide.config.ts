// `npm run pictures`: takes the guide's pictures anew.
import { defineConfig } from "vitest/config";
import stories from "./vitest.config";

export default defineConfig({ test: { ...stories.test, include: ["e2e/guide.ts"] } });
