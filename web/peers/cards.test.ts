// Reads every card that the server would send to Teams and RingCentral as a client does: the library's parser and
// validator must find nothing to say, and Markdown must find nothing but our own links in it.
import { readFileSync } from "node:fs";
import { AdaptiveCard, SerializationContext, Version, Versions } from "adaptivecards";
import MarkdownIt from "markdown-it";
import { expect, test } from "vitest";

interface Element {
  type: string;
  text?: string;
  facts?: { title: string; value: string }[];
}

interface Sample {
  name: string;
  channel: "teams" | "ringcentral";
  card: { version: string; body: Element[]; fallbackText: string };
  /** The hostile text that is the card's title and text. */
  plain: string | null;
}

const path = process.env["PEERS_CARDS"] ?? "../target/peers/cards.json";
const samples = JSON.parse(readFileSync(path, "utf8")) as Sample[];
// Every rule there is switched on, but bare addresses stay what they are: what is shown is where they lead.
const markdown = new MarkdownIt("default", { html: true, linkify: false, typographer: false });

AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown.render(text);
  result.didProcess = true;
};

/** RingCentral knows 1.3 and no more. Teams takes `style`, which is newer, and is told that the card is 1.3 otherwise. */
function versionOf(sample: Sample): Version {
  return sample.channel === "teams" ? Versions.v1_5 : Versions.v1_3;
}

function parse(sample: Sample) {
  const context = new SerializationContext(versionOf(sample));
  const card = new AdaptiveCard();
  card.parse(sample.card, context);
  const events = Array.from({ length: context.eventCount }, (_, nth) => context.getEventAt(nth).message);
  return { card, events };
}

function texts(sample: Sample): string[] {
  return sample.card.body.flatMap((element) => [
    ...(element.text === undefined ? [] : [element.text]),
    ...(element.facts ?? []).flatMap((fact) => [fact.title, fact.value]),
  ]);
}

/** What a page shows of some HTML, and the names of the tags in it. */
function shown(html: string) {
  const page = document.createElement("div");
  page.innerHTML = html;
  const tags = [...page.querySelectorAll("*")].map((element) => element.tagName.toLowerCase());
  return { words: (page.textContent ?? "").split(/[\s\u00a0]+/u).filter(Boolean), tags };
}

test("there are cards to look at", () => {
  expect(samples.length).toBeGreaterThan(150);
  expect(new Set(samples.map((sample) => sample.channel))).toEqual(new Set(["teams", "ringcentral"]));
});

test("a card with a fault would be found", () => {
  const faulty = structuredClone(samples[0]!);
  faulty.card.body.push({ type: "TextBlok", text: "x" });
  expect(parse(faulty).events).not.toEqual([]);
  const newer = structuredClone(samples.find((sample) => sample.channel === "ringcentral")!);
  Object.assign(newer.card.body[0]!, { style: "heading" });
  expect(parse(newer).events).not.toEqual([]);
});

test("the library has nothing to say about any card, and renders it", () => {
  for (const sample of samples) {
    const { card, events } = parse(sample);
    expect(events, sample.name).toEqual([]);
    expect(card.validateProperties().validationEvents, sample.name).toEqual([]);
    expect(sample.card.version).toBe("1.3");
    const page = card.render();
    expect(page?.querySelectorAll(".ac-textBlock").length, sample.name).toBeGreaterThan(0);
    expect(page?.querySelectorAll("button, a").length, sample.name).toBeGreaterThan(0);
  }
});

test("hostile text is shown as it is, and is no markup", () => {
  const hostile = samples.filter((sample) => sample.plain !== null);
  expect(hostile.length).toBeGreaterThan(120);
  for (const sample of hostile) {
    const expected = sample.plain!.split(/[\s\u00a0]+/u).filter(Boolean);
    const [title, text, facts] = sample.card.body;
    for (const element of [title, text]) {
      const { words, tags } = shown(markdown.render(element!.text!));
      expect(words, element!.text).toEqual(expected);
      expect(
        tags.filter((tag) => tag !== "p"),
        element!.text,
      ).toEqual([]);
    }
    for (const fact of facts!.facts!) {
      const { tags } = shown(markdown.render(fact.title) + markdown.render(fact.value));
      expect(
        tags.filter((tag) => tag !== "p"),
        fact.value,
      ).toEqual([]);
    }
  }
});

test("the library's own functions find nothing in hostile text", () => {
  for (const sample of samples.filter((one) => one.plain?.includes("{{"))) {
    const { card } = parse(sample);
    const page = card.render()!;
    expect(page.textContent).not.toMatch(/\d+\/\d+\/2026|Jan/);
  }
});

test("a few links are buttons that are all shown, and more of them are listed", () => {
  const buttons = (sample: Sample) => [
    ...parse(sample).card.render()!.querySelectorAll("button, a.ac-pushButton"),
  ];
  const few = samples.filter((sample) => sample.name === "with three links");
  const many = samples.filter((sample) => sample.name === "with ten links");
  expect([few.length, many.length]).toEqual([3, 3]);
  for (const sample of few) {
    const shown = buttons(sample).map((button) => button.textContent);
    expect(shown.slice(0, 2)).toEqual(["Open in the CRM", "Contact [Jane](http://evil.example) <b> & *1*"]);
    expect(shown.length).toBe(5);
  }
  for (const sample of many) {
    expect(buttons(sample).length).toBe(2);
    const listed = texts(sample).filter((text) => text.startsWith("• ["));
    expect(listed.length).toBe(10);
    const page = document.createElement("div");
    page.innerHTML = markdown.render(listed[9]!);
    expect(page.querySelector("a")!.textContent).toBe("Contact [Jane](http://evil.example) <b> & *10*");
  }
});

test("links lead where we say", () => {
  for (const sample of samples.filter((one) => one.plain === null)) {
    for (const text of texts(sample)) {
      const page = document.createElement("div");
      page.innerHTML = markdown.render(text);
      for (const link of page.querySelectorAll("a")) {
        expect(link.getAttribute("href")).toMatch(
          /^https:\/\/crm\.example\.com\/(tickets\/\d+\?view=%28all%29|contacts\/\d+\?view=%28all%29&a=b|&+)$/,
        );
      }
      expect(page.querySelectorAll("img, script, b, strong, em, code, ul, ol, h1, hr, table").length).toBe(0);
    }
  }
});
