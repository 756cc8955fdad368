import { call } from "../../../../client/api";
import type { PreviewAnswer, PreviewRow } from "../../../../client/types";
import { reasonOf } from "../../session/reason";
import { ACCESS, asked } from "../../session/session.svelte";

/** What would happen to notifications as one's choices stand, in the server's judgement. */
export class Preview {
  /** null until it is known */
  rows = $state.raw<readonly PreviewRow[] | null>(null);
  reason = $state("");
  #question = 0;

  /** The channel of the way by webhook: one's own, or the company's. */
  get channel(): string | null {
    return this.rows?.find(({ webhook }) => webhook.channel)?.webhook.channel ?? null;
  }

  /** Asks anew. */
  async load(): Promise<void> {
    const question = ++this.#question;
    try {
      const { rows } = await asked(call<PreviewAnswer>(ACCESS, "GET", "user/me/preview"));
      if (question === this.#question) [this.rows, this.reason] = [rows, ""];
    } catch (error) {
      if (question === this.#question) this.reason = reasonOf(error);
    }
  }
}
