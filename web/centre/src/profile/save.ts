import { call, Refusal } from "../../../client/api";
import { reasonOf } from "../session/reason";
import { t } from "../text/text.svelte";
import { ACCESS, asked, know, type Person } from "../session/session.svelte";

/** What went wrong, and with which field; null where it is none's in particular. */
export interface Fault<Field extends string> {
  field: Field | null;
  reason: string;
}

/**
 * Changes oneself. A refusal of which we know what it means is said in the reader's language; of all others the
 * server's own sentence is shown, which names the field that it is about.
 *
 * @returns null when it is done
 */
export async function save<Field extends string>(
  change: Record<string, string>,
  fields: readonly Field[],
): Promise<Fault<Field> | null> {
  const field = (name: string) => fields.find((known) => known === name) ?? null;
  try {
    const { user } = await asked(call<{ user: Person }>(ACCESS, "PUT", "user/me", change));
    know(user);
    return null;
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 0;
    if (status === 403) return { field: field("current_password"), reason: t().profile.currentWrong };
    if (status === 409) return { field: field("email"), reason: t().profile.emailTaken };
    const reason = reasonOf(error);
    return { field: fields.find((known) => new RegExp(`\\b${known}\\b`).test(reason)) ?? null, reason };
  }
}
