import { wordsOf } from "../text/text.svelte";
import { de } from "./de";
import { en } from "./en";

/** The words of the records. */
export const r = wordsOf({ en, de });
