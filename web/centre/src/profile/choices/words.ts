import { wordsOf } from "../../text/text.svelte";
import { de } from "./de";
import { en } from "./en";

/** The words of people's choices. */
export const c = wordsOf({ en, de });
