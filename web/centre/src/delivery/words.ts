import type { Delivery } from "../../../client/types";
import { humanised, languageTag, wordsOf } from "../text/text.svelte";
import { de } from "./de";
import { en } from "./en";

/** The words of what leaves the house. */
export const w = wordsOf({ en, de });

/** Why a channel was not used, in the reader's language; a reason that we do not know by its name. */
export function reasonName(reason: string): string {
  const known: Record<string, string> = w().reasons;
  return Object.hasOwn(known, reason) ? (known[reason] ?? reason) : humanised(reason);
}

/** Why a delivery was not sent: what we know in the reader's language, all else in the server's words. */
export function whyNot({ reason, explanation }: Pick<Delivery, "reason" | "explanation">): string {
  if (reason && Object.hasOwn(w().reasons, reason)) return reasonName(reason);
  return explanation ?? (reason ? humanised(reason) : "");
}

/** "340 ms", "2.1 s" */
export function lasting(milliseconds: number): string {
  const inSeconds = milliseconds >= 1_000;
  const number = new Intl.NumberFormat(languageTag(), { maximumFractionDigits: inSeconds ? 1 : 0 });
  return inSeconds
    ? w().seconds(number.format(milliseconds / 1_000))
    : w().milliseconds(number.format(milliseconds));
}
