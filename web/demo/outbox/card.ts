// Shows an Adaptive Card by the library that Microsoft gives out for it, so that what is seen is what Teams reads.
import "./policies";
import { AdaptiveCard, GlobalSettings, HostConfig, OpenUrlAction, SerializationContext } from "adaptivecards";
import { element } from "./element";
import { markdown } from "./markdown";

// Both would write HTML from text.
GlobalSettings.useAdvancedTextBlockTruncation = false;
GlobalSettings.useAdvancedCardBottomTruncation = false;
// Texts stay as they are here, and become nodes below.
AdaptiveCard.onProcessMarkdown = (_text, result) => (result.didProcess = false);

const foreground = (name: string) => {
  const colours = { default: `var(--card-${name})`, subtle: `var(--card-${name}-subtle)` };
  return { ...colours, highlightColors: { default: "var(--card-mark)", subtle: "var(--card-mark)" } };
};

const STYLE = {
  backgroundColor: "transparent",
  foregroundColors: Object.fromEntries(
    ["default", "dark", "light", "accent", "good", "warning", "attention"].map((name) => [
      name,
      foreground(["dark", "light"].includes(name) ? "default" : name),
    ]),
  ),
};

/** Measures and colours of a Teams message; the colours are this page's, so that they follow its theme. */
const HOST = new HostConfig({
  fontFamily: "inherit",
  fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
  fontWeights: { lighter: 200, default: 400, bolder: 600 },
  lineHeights: { small: 16, default: 20, medium: 20, large: 24, extraLarge: 32 },
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: "var(--line)" },
  supportsInteractivity: true,
  containerStyles: { default: STYLE, emphasis: { ...STYLE, backgroundColor: "var(--sunken)" } },
  textBlock: { headingLevel: 3 },
  textStyles: {
    heading: { weight: "bolder", size: "large", color: "default", isSubtle: false, fontType: "default" },
  },
  actions: { maxActions: 6, buttonSpacing: 8, actionAlignment: "left", actionsOrientation: "horizontal" },
  factSet: {
    title: { color: "default", size: "default", weight: "bolder", wrap: true, maxWidth: 200 },
    value: { color: "default", size: "default", weight: "default", wrap: true },
    spacing: 12,
  },
});

const NO_CARD = "This is no card that can be shown.";

/** What the library says of a card that it reads. */
export interface Shown {
  element: HTMLElement;
  /** What it could not read; empty where the card is as it should be. */
  warnings: string[];
}

/** The card as its readers see it. */
export function show(json: unknown): Shown {
  const isNone = typeof json !== "object" || json === null;
  if (isNone) return { element: element("p", {}, NO_CARD), warnings: [] };
  const card = new AdaptiveCard();
  card.hostConfig = HOST;
  card.onExecuteAction = (action) => {
    if (action instanceof OpenUrlAction && /^https?:/i.test(action.url ?? ""))
      open(action.url, "_blank", "noopener");
  };
  const context = new SerializationContext();
  card.parse(withoutImages(json), context);
  const warnings = Array.from(
    { length: context.eventCount },
    (_, index) => context.getEventAt(index).message,
  );
  const rendered = card.render() ?? element("p", {}, NO_CARD);
  for (const text of rendered.querySelectorAll<HTMLElement>(".ac-textBlock")) {
    for (const end of text.querySelectorAll("br")) end.replaceWith("\n");
    text.replaceChildren(...markdown(text.textContent ?? ""));
  }
  return { element: rendered, warnings };
}

/** The card with words in place of images, which this page may not load. */
function withoutImages(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutImages);
  if (typeof json !== "object" || json === null) return json;
  const part = json as Record<string, unknown>;
  if (part.type === "Image")
    return { type: "TextBlock", text: `Image ${part.altText ?? part.url}`, isSubtle: true };
  const kept = Object.entries(part).filter(([name]) => !["backgroundImage", "iconUrl"].includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutImages(value)]));
}
