import { Refusal } from "../../../client/api";
import { t } from "../text/text.svelte";

/** Why something failed: the server's own words, or that it could not be reached. */
export function reasonOf(error: unknown): string {
  return error instanceof Refusal && error.status > 0 ? error.message : t().unreachable;
}
