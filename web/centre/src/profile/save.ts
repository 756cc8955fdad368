import { call, Refusal } from "../../../client/api";
import { reasonOf } from "../inbox/acts.svelte";
import { ACCESS, asked, know, type Person } from "../session/session.svelte";

/** What went wrong, and with which field; null where it is none's in particular. */
export interface Fault<Field extends string> {
  field: Field | null;
  reason: string;
}

/**
 * Changes oneself. The server's sentence begins with the name of the field that it is about.
 *
 * @returns null when it is done
 */
export async function save<Field extends string>(
  change: Record<string, string>,
  fields: readonly Field[],
): Promise<Fault<Field> | null> {
  try {
    const { user } = await asked(call<{ user: Person }>(ACCESS, "PUT", "user/me", change));
    know(user);
    return null;
  } catch (error) {
    const reason = reasonOf(error);
    const named = fields.find((field) => new RegExp(`\\b${field}\\b`).test(reason)) ?? null;
    const isTaken = error instanceof Refusal && error.status === 409;
    return { field: named ?? (isTaken ? (fields.find((field) => field === "email") ?? null) : null), reason };
  }
}
