import { beforeEach, describe, expect, it } from "vitest";
import type { PreviewRow } from "../../../../client/types";
import { speak } from "../../text/text.svelte";
import { draftsOf, quietAt, windowsOf } from "./quiet";
import { seen } from "./recognise";
import { BELL_ONLY, sentence } from "./say";

beforeEach(() => speak("en"));

it.each([
  ["", "nothing"],
  ["hello", "no-url"],
  ["ftp://hooks.slack.com/services/1", "no-url"],
  ["https://prod-12.westeurope.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?sig=x", "teams"],
  [
    "https://default1.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/1",
    "teams",
  ],
  ["https://relay.example.com/workflows/1/triggers/manual/paths/invoke?sig=x", "teams"],
  ["https://outlook.office.com/webhook/1", "retired"],
  ["https://northwind.webhook.office.com/webhookb2/1", "retired"],
  ["https://hooks.ringcentral.com/webhook/v2/1", "ringcentral"],
  ["https://hooks.glip.com/webhook/1", "ringcentral"],
  ["https://relay.example.com/webhook/v2/1", "ringcentral"],
  ["https://hooks.slack.com/services/1", "slack"],
  ["https://chat.googleapis.com/v1/spaces/1", "google_chat"],
  ["https://evil-hooks.slack.com.example.com/services/1", "webhook"],
  ["https://nothooks.slack.com/services/1", "webhook"],
  ["http://127.0.0.1:9000/in", "webhook"],
])("%s looks like %s", (url, looks) => {
  expect(seen(url)).toBe(looks);
});

describe("a sentence", () => {
  const no = (reason: string | null) => ({ sent: false, reason });
  const yes = { sent: true, reason: null };
  const row = (
    sending: PreviewRow["sending"],
    email: PreviewRow["email"],
    webhook: PreviewRow["email"],
    channel: string | null = "teams",
  ): string => sentence({ type: "x", sending, centre: true, email, webhook: { ...webhook, channel } });

  it("names what goes out, and what follows if that fails", () => {
    expect(row("automated", no("choice"), yes)).toBe("Bell at once, Teams; e-mail if Teams fails");
    expect(row("automated", no("narrowed"), yes)).toBe("Bell at once, Teams");
    expect(row("automated", no("not_configured"), yes)).toBe("Bell at once, Teams");
    expect(row("automated", yes, yes, "ringcentral")).toBe("Bell at once, RingCentral, e-mail");
    expect(row("automated", yes, no("choice"))).toBe("Bell at once, e-mail");
    expect(row("reminder", yes, no("no_url"), null)).toBe("Bell at once, e-mail");
    expect(row("manual", yes, yes)).toBe("Bell at once, Teams, e-mail; sent by hand, whatever you chose");
  });

  it("says when e-mail stands in", () => {
    expect(row("automated", yes, no("no_url"), null)).toBe(
      "Bell at once; e-mail, since no webhook address is stored",
    );
    expect(row("automated", yes, no("endpoint_off"))).toBe(
      "Bell at once; e-mail, since your webhook address is switched off",
    );
  });

  it("says why there is nothing but the bell", () => {
    expect(row("automated", no("choice"), no(null), null)).toBe(
      "Bell only; you chose to hear of it only here",
    );
    expect(row("automated", no("narrowed"), no("choice"))).toBe("Bell only; you switched the rest off");
    expect(sentence(BELL_ONLY)).toBe("Bell only; your company sends this kind nowhere else");
    expect(row("automated", no("not_configured"), no("no_url"), null)).toBe(
      "Bell only; no e-mail: no mail server is set up",
    );
  });
});

describe("quiet hours", () => {
  const zone = "Europe/Berlin";
  const nights = draftsOf([{ from: "22:00", to: "07:00" }]);
  const weekend = draftsOf([{ days: ["sun", "sat"], from: "00:00", to: "00:00" }]);
  const at = (drafts: ReturnType<typeof draftsOf>, now: string) => {
    const found = quietAt(drafts, Date.parse(now), zone);
    return found && [found.isNow, new Date(found.at).toISOString()];
  };

  it("reach over midnight", () => {
    expect(at(nights, "2026-11-20T22:30:00+01:00")).toEqual([true, "2026-11-21T06:00:00.000Z"]);
    expect(at(nights, "2026-11-20T06:59:00+01:00")).toEqual([true, "2026-11-20T06:00:00.000Z"]);
    expect(at(nights, "2026-11-20T07:00:00+01:00")).toEqual([false, "2026-11-20T21:00:00.000Z"]);
  });

  it("that touch are one", () => {
    expect(at([...nights, ...weekend], "2026-11-20T23:00:00+01:00")).toEqual([
      true,
      "2026-11-23T06:00:00.000Z",
    ]);
  });

  it("of a weekend begin on its days, a week ahead at most", () => {
    expect(at(weekend, "2026-11-23T12:00:00+01:00")).toEqual([false, "2026-11-27T23:00:00.000Z"]);
    expect(at([], "2026-11-23T12:00:00+01:00")).toBeNull();
  });

  it("are saved as they were, every day being none in particular", () => {
    expect(windowsOf(nights)).toEqual([{ from: "22:00", to: "07:00" }]);
    expect(windowsOf(weekend)).toEqual([{ days: ["sat", "sun"], from: "00:00", to: "00:00" }]);
  });
});
