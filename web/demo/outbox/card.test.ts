// Cards as Microsoft's library reads them, and as their readers see them.
import { expect, test, vi } from "vitest";
import { show } from "./card";

// The pretend browser lacks what the library sets on a click.
Object.defineProperty(Event.prototype, "cancelBubble", { set: () => {}, configurable: true });

const CARD = {
  $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
  type: "AdaptiveCard",
  version: "1.3",
  fallbackText: "Ticket #42",
  msteams: { width: "Full" },
  body: [
    {
      type: "TextBlock",
      text: "Ticket \\#42 \\<b\\>",
      weight: "Bolder",
      size: "Medium",
      style: "heading",
      wrap: true,
    },
    {
      type: "TextBlock",
      text: "First.\n\nSee [the ticket](https://crm.example/42)",
      wrap: true,
      maxLines: 3,
    },
    { type: "FactSet", facts: [{ title: "Customer", value: "Acme \\*Inc\\*" }] },
  ],
  actions: [{ type: "Action.OpenUrl", title: "Open", url: "https://crm.example/42" }],
};

test("a card shows its words, facts, links and buttons", () => {
  const { element: card, warnings } = show(CARD);
  expect(warnings).toEqual([]);
  expect(card.querySelector("[role=heading]")?.textContent).toBe("Ticket #42 <b>");
  expect([...card.querySelectorAll("p")].map((one) => one.textContent)).toEqual(["First.", "See the ticket"]);
  expect(card.querySelector("a")?.href).toBe("https://crm.example/42");
  expect(card.textContent).toContain("Acme *Inc*");
  const opened = vi.spyOn(window, "open").mockReturnValue(null);
  [...card.querySelectorAll("button")].find((one) => one.textContent === "Open")!.click();
  expect(opened).toHaveBeenCalledWith("https://crm.example/42", "_blank", "noopener");
});

test("what is wrong with a card is said", () => {
  const body = [{ type: "NoSuchElement" }, { type: "FactSet" }];
  expect(show({ ...CARD, body }).warnings.length).toBeGreaterThan(0);
  expect(show({ type: "Something" }).element.textContent).toBeDefined();
  expect(show(null).element.textContent).toBe("This is no card that can be shown.");
});

test("images are words here, and only http is opened", () => {
  const opened = vi.spyOn(window, "open").mockReturnValue(null);
  const { element: card } = show({
    ...CARD,
    backgroundImage: "https://evil.example/a.png",
    body: [{ type: "Image", url: "https://evil.example/b.png", altText: "A map" }],
    actions: [
      {
        type: "Action.OpenUrl",
        title: "Open",
        url: "javascript:alert(1)",
        iconUrl: "https://evil.example/c",
      },
    ],
  });
  expect(card.outerHTML).not.toContain("evil.example");
  expect(card.textContent).toContain("A map");
  card.querySelector("button")!.click();
  expect(opened).not.toHaveBeenCalled();
});
