import type { PreviewRow } from "../../../../client/types";
import { reasonName } from "../../delivery/words";
import { channelName } from "../../text/text.svelte";
import { c } from "./words";

/** What happens to types of which the server says nothing: programs send them, and nobody asked for more. */
export const BELL_ONLY: PreviewRow = {
  type: "",
  sending: "api",
  centre: true,
  email: { sent: false, reason: null },
  webhook: { sent: false, reason: null, channel: null },
};

/** Why a failed webhook is not followed by an e-mail: the user, or the lack of a mailbox, says no to it. */
const NO_FALLBACK = new Set(["narrowed", "muted", "no_email", "not_configured"]);

/** "Bell at once, Teams; e-mail if Teams fails": what would happen to a notification of this row's type. */
export function sentence({ sending, email, webhook }: PreviewRow): string {
  const { say } = c();
  const channel = channelName(webhook.channel ?? "webhook");
  const ways = [
    ...(webhook.sent ? [channel] : []),
    ...(email.sent && !isInstead(webhook.reason, sending) ? [say.email] : []),
  ];
  const after = [
    ...(webhook.sent && !email.sent && !NO_FALLBACK.has(email.reason ?? "") ? [say.fallback(channel)] : []),
    ...(email.sent && isInstead(webhook.reason, sending)
      ? [webhook.reason === "endpoint_off" ? say.insteadOff : say.instead]
      : []),
    ...(sending === "manual" ? [say.byHand] : []),
  ];
  if (ways.length === 0 && !email.sent)
    return [say.bellOnly, ...whyOnly(email.reason, webhook.reason)].join("; ");
  return [[say.bell, ...ways].join(", "), ...after].join("; ");
}

/** Whether an e-mail goes out because the webhook that was wanted cannot. */
function isInstead(reason: string | null, sending: PreviewRow["sending"]): boolean {
  return sending === "automated" && (reason === "no_url" || reason === "endpoint_off");
}

/** Why there is nothing but the bell: what somebody can do something about comes first. */
function whyOnly(email: string | null, webhook: string | null): string[] {
  const { say } = c();
  const reasons = [email, webhook];
  for (const reason of ["not_configured", "no_email"])
    if (email === reason) return [say.why(say.email, reasonName(reason))];
  for (const reason of ["endpoint_off", "no_url"])
    if (webhook === reason) return [say.why(say.webhook, reasonName(reason))];
  if (reasons.includes("narrowed")) return [say.narrowed];
  if (reasons.includes("choice")) return [say.none];
  return [say.notAsked];
}
