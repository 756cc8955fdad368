import { call, deliveries } from "../../../../client/api";
import type { Delivery, TestAnswer } from "../../../../client/types";
import { lasting, whyNot } from "../../delivery/words";
import { visible } from "../../delivery/visible";
import { reasonOf } from "../../session/reason";
import { ACCESS, asked } from "../../session/session.svelte";
import { channelName } from "../../text/text.svelte";
import { c } from "./words";

/** How often is looked what became of it, and for how long, in milliseconds. */
const EVERY_MS = 600;
const PATIENCE_MS = 30_000;

/** A test on its way: what became of it by each channel. */
export class TestMe {
  deliveries = $state.raw<readonly Delivery[] | null>(null);
  isBusy = $state(false);
  isLate = $state(false);
  reason = $state("");
  #isLeft = false;

  /** Sends a test and follows it until it has settled. */
  async send(): Promise<void> {
    this.isBusy = true;
    [this.deliveries, this.reason, this.isLate] = [null, "", false];
    try {
      const { notification } = await asked(call<TestAnswer>(ACCESS, "POST", "user/me/test", {}));
      await this.#follow(notification.notification_id);
    } catch (error) {
      this.reason = reasonOf(error);
    }
    this.isBusy = false;
  }

  async #follow(id: number): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await asked(deliveries(ACCESS, { notification_id: id }));
      this.deliveries = answer.deliveries.toReversed();
      if (this.#isLeft || !this.deliveries.some(({ state }) => state === "pending")) return;
      if (performance.now() > end) return void (this.isLate = true);
      await new Promise((resume) => setTimeout(resume, EVERY_MS));
    }
  }

  /** Nobody looks any more. */
  leave(): void {
    this.#isLeft = true;
  }
}

/** What came back, in a sentence: "Teams: arrived (202) in 340 ms". */
export function whatCameBack(delivery: Delivery, clock: (time: string) => string): string {
  const channel = channelName(delivery.channel);
  const last = delivery.attempts.at(-1);
  const summary = visible(last?.summary ?? "");
  switch (delivery.state) {
    case "sent":
      if (delivery.channel === "email") return c().testMail(channel);
      if (!last) return c().testArrivedPlain(channel, lasting(0));
      return last.status === null
        ? c().testArrivedPlain(channel, lasting(last.duration_ms))
        : c().testArrived(channel, last.status, lasting(last.duration_ms));
    case "suppressed":
      return c().testNot(channel, whyNot(delivery));
    case "final":
      return c().testFailed(channel, summary || whyNot(delivery));
    case "pending":
      if (delivery.held) return c().testHeld(channel);
      if (!delivery.due_at) return c().testUnderWay(channel);
      if (!last && delivery.explanation) return `${channel}: ${delivery.explanation}`;
      if (!last) return c().testUnderWay(channel);
      return c().testAgain(channel, summary, clock(delivery.due_at));
  }
}
