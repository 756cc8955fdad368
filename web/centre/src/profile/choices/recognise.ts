/** What a URL looks like; the server decides when it is saved. */
export type Seen =
  "nothing" | "no-url" | "retired" | "teams" | "ringcentral" | "slack" | "google_chat" | "webhook";

const endsWith = (...domains: string[]) => {
  return ({ hostname }: URL) =>
    domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
};

/** A relay of the company's keeps the path of the provider's URL. */
const leadsTo = (path: RegExp) => (url: URL) => path.test(url.pathname);

/** In this order: what is told by the host comes before what is told by the path. */
const SIGNS: [Seen, (url: URL) => boolean][] = [
  ["retired", endsWith("outlook.office.com", "outlook.office365.com", "webhook.office.com")],
  [
    "teams",
    endsWith(
      "environment.api.powerplatform.com",
      "environment.api.gov.powerplatform.microsoft.us",
      "environment.api.powerplatform.partner.microsoftonline.cn",
      "logic.azure.com",
      "logic.azure.us",
      "logic.azure.cn",
    ),
  ],
  ["ringcentral", endsWith("hooks.ringcentral.com", "hooks.glip.com")],
  ["slack", endsWith("hooks.slack.com")],
  ["google_chat", endsWith("chat.googleapis.com")],
  ["teams", leadsTo(/\/workflows\/.*\/triggers\/manual\/paths\/invoke$/)],
  ["teams", leadsTo(/^\/powerautomate\/automations\/direct\/workflows\//)],
  ["ringcentral", leadsTo(/^\/webhook\/v2\//)],
];

/** Says what a URL looks like while it is being entered. */
export function seen(text: string): Seen {
  if (!text.trim()) return "nothing";
  if (!URL.canParse(text)) return "no-url";
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) return "no-url";
  return SIGNS.find(([, isIt]) => isIt(url))?.[0] ?? "webhook";
}
