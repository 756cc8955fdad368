import { wordsOf } from "../text/text.svelte";
import { de } from "./de";
import { en } from "./en";
import type { People } from "./people";

/** The words for choosing people. */
export const p = wordsOf({ en, de });

/** What somebody is called: by name, or else by number. */
export function nameOf(people: People, id: number): string {
  return people.find(id)?.name ?? p().user(id);
}
