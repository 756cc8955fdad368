import { call, Refusal } from "../../../client/api";
import { type Fault, faultOf } from "../parts/fault";
import { t } from "../text/text.svelte";
import { ACCESS, asked, know, type Person } from "../session/session.svelte";

/**
 * Changes oneself. A refusal of which we know what it means is said in the reader's language; of all others the
 * server's own sentence is shown, which names the field that it is about.
 *
 * @returns null when it is done
 */
export async function save<Field extends string>(
  change: Record<string, unknown>,
  fields: readonly Field[],
): Promise<Fault<Field> | null> {
  const known = (name: string) => fields.find((field) => field === name);
  try {
    const { user } = await asked(call<{ user: Person }>(ACCESS, "PUT", "user/me", change));
    know(user);
    return null;
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 0;
    const [password, email] = [known("current_password"), known("email")];
    if (status === 403 && password) return { field: password, reason: t().profile.currentWrong };
    if (status === 409 && email) return { field: email, reason: t().profile.emailTaken };
    return faultOf(error, fields);
  }
}
