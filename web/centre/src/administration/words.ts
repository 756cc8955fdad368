import { wordsOf } from "../text/text.svelte";
import { de } from "./de";
import { en } from "./en";

/** The words of the pages for administrators. */
export const a = wordsOf({ en, de });
