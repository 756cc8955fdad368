import { reasonOf } from "../session/reason";
import { signOut } from "../session/session.svelte";
import { t } from "../text/text.svelte";
import type { Desk } from "./desk.svelte";

/** Signs out; what waits for its grace to end is done before, since nobody may do it after. */
export async function signOutFrom(desk: Desk): Promise<void> {
  await desk.acts.leave();
  try {
    await signOut();
  } catch (error) {
    desk.acts.fail(t().done.failed(reasonOf(error)));
  }
}
