// One thing that was sent, as its receiver sees it.
import { CHANNELS, sourceOf, type Item } from "./api";
import { show } from "./card";
import { element } from "./element";
import { filesOf } from "./files";
import { markdown } from "./markdown";

const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** Everything about an item. */
export function detail(item: Item): HTMLElement {
  return element(
    "article",
    { "aria-labelledby": "subject" },
    element("a", { class: "back", href: "#" }, "← All that was sent"),
    element("h2", { id: "subject" }, item.subject || "Without a subject"),
    element(
      "p",
      { class: "meta" },
      `${CHANNELS[item.channel]} to ${item.to || "nobody"} · `,
      element("time", { datetime: item.at }, TIME.format(new Date(item.at))),
    ),
    ...content(item),
  );
}

function content(item: Item): Node[] {
  switch (item.channel) {
    case "email":
      return mail(item);
    case "teams":
      return [chat("teams", "Workflows", "", item, teamsCard(item.body)), ...request(item)];
    case "ringcentral":
      return [...ringcentral(item), ...request(item)];
    case "webhook":
      return [signature(item), ...request(item, true)];
    default:
      return [chat(item.channel, "CRM", "", item, words(item.body)), ...request(item)];
  }
}

const FIRST_HEADERS =
  /^(from|to|cc|reply-to|subject|date|list-unsubscribe|list-unsubscribe-post|message-id)$/i;

function mail(item: Item): Node[] {
  const first = item.headers.filter(([name]) => FIRST_HEADERS.test(name));
  const others = item.headers.filter(([name]) => !FIRST_HEADERS.test(name));
  const panels: [string, () => HTMLElement][] = [];
  if (item.html !== undefined) panels.push(["HTML", () => frame(item)]);
  if (item.text !== undefined) panels.push(["Text", () => text(item.text!, "Text")]);
  panels.push(["Source", () => source(item)]);
  return [
    table(first),
    others.length > 0 && folded(`${others.length} more headers`, table(others)),
    item.attachments.length > 0 && files(item),
    tabs(panels),
  ].filter((one) => one !== false);
}

/** What hangs on an e-mail, to be kept and opened. */
function files(item: Item): HTMLElement {
  const lines = item.attachments.map((name) => element("li", {}, name));
  void sourceOf(item).then((source) => {
    filesOf(source).forEach((file, index) => {
      const [name, line] = [item.attachments[index], lines[index]];
      if (!file || name === undefined || !line) return;
      const href = URL.createObjectURL(new Blob([file.bytes], { type: file.type }));
      const size = `${Math.ceil(file.bytes.length / 1_000)} kB`;
      line.replaceChildren(element("a", { href, download: name }, name), ` (${size})`);
    });
  });
  return element(
    "section",
    {},
    element("h3", {}, "Attachments"),
    element("ul", { class: "files" }, ...lines),
  );
}

function frame(item: Item): HTMLElement {
  return element("iframe", {
    class: "mail",
    title: "E-mail as its reader sees it",
    sandbox: "allow-popups allow-popups-to-escape-sandbox",
    src: `/demo/outbox/mail/${item.id}`,
  });
}

function source(item: Item): HTMLElement {
  const shown = text("…", "Source");
  sourceOf(item).then(
    (said) => (shown.textContent = said),
    () => (shown.textContent = "The demo does not answer; start it again."),
  );
  return shown;
}

function text(said: string, name: string): HTMLElement {
  return element("pre", { tabindex: "0", role: "region", "aria-label": name }, said);
}

/** Panels of which one shows; arrow keys go from one to the next. */
function tabs(panels: [name: string, make: () => HTMLElement][]): HTMLElement {
  const panel = element("div", { role: "tabpanel", id: "panel", class: "panel" });
  const heads = panels.map(([name], index) =>
    element("button", { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": "panel" }, name),
  );
  const choose = (index: number) => {
    heads.forEach((head, one) => {
      head.setAttribute("aria-selected", String(one === index));
      head.tabIndex = one === index ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", `tab-${index}`);
    panel.replaceChildren(panels[index]![1]());
  };
  const list = element(
    "div",
    { role: "tablist", "aria-label": "Parts of the e-mail", class: "tabs" },
    ...heads,
  );
  heads.forEach((head, index) => {
    head.onclick = () => choose(index);
    head.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const next = (index + step + heads.length) % heads.length;
      choose(next);
      heads[next]!.focus();
    };
  });
  choose(0);
  return element("div", {}, list, panel);
}

/** A card as a message in a chat. */
function chat(look: string, sender: string, said: string, item: Item, ...inner: Node[]): HTMLElement {
  const time = new Date(item.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return element(
    "section",
    { class: `chat ${look}`, "aria-label": `Message in ${CHANNELS[item.channel]}` },
    element("span", { class: "face", "aria-hidden": "true" }, sender.slice(0, 1)),
    element(
      "div",
      { class: "said" },
      element(
        "p",
        { class: "sender" },
        element("b", {}, sender),
        " ",
        element("time", { datetime: item.at }, time),
      ),
      said && element("p", {}, ...markdown(said)),
      ...inner,
    ),
  );
}

type Json = Record<string, unknown>;

const fields = (json: unknown): Json => (typeof json === "object" && json !== null ? (json as Json) : {});
const list = (json: unknown): unknown[] => (Array.isArray(json) ? json : []);
const string = (json: unknown): string => (typeof json === "string" ? json : "");

function teamsCard(body: unknown): HTMLElement {
  const [first] = list(fields(body).attachments);
  return cardBox(fields(first).content ?? body);
}

function ringcentral(item: Item): Node[] {
  const body = fields(item.body);
  const cards = list(body.attachments).map(cardBox);
  const said = [body.title, body.text].map(string).filter(Boolean).join("\n\n");
  return [chat("ringcentral", string(body.activity) || "Incoming webhook", said, item, ...cards)];
}

function cardBox(json: unknown): HTMLElement {
  const { element: card, warnings } = show(json);
  const notes = warnings.map((warning) => element("li", {}, warning));
  return element(
    "div",
    { class: "card" },
    card,
    notes.length > 0 &&
      element("ul", { class: "warnings", "aria-label": "What is wrong with the card" }, ...notes),
  );
}

/** Every text in a message of Slack or Google Chat, in order. */
function words(body: unknown): HTMLElement {
  const texts: string[] = [];
  const look = (json: unknown, name = ""): void => {
    if (typeof json === "string" && ["text", "title", "subtitle", "topLabel", "content"].includes(name))
      texts.push(json);
    else if (Array.isArray(json)) json.forEach((one) => look(one, name));
    else Object.entries(fields(json)).forEach(([inner, value]) => look(value, inner));
  };
  look(body);
  const lines = [...new Set(texts)].map((line) => element("p", {}, line));
  return element("div", { class: "card plain-card" }, ...lines);
}

function signature(item: Item): HTMLElement {
  const isGood = item.signature_ok === true;
  const said = isGood
    ? "Signature verified: its receiver can trust it."
    : "The signature is not the one that its receiver expects.";
  return element("p", { class: isGood ? "verdict good" : "verdict bad" }, isGood ? "✓ " : "✗ ", said);
}

/** What was posted, to the letter. */
function request(item: Item, isMain = false): Node[] {
  const body = item.body === undefined ? (item.text ?? "") : JSON.stringify(item.body, null, 2);
  const headers = table(item.headers);
  const json = text(body, "Body");
  if (isMain) return [element("h3", {}, "Body"), json, element("h3", {}, "Headers"), headers];
  return [folded("JSON of the request", json), folded(`${item.headers.length} headers`, headers)];
}

function folded(name: string, inner: Node): HTMLElement {
  return element("details", {}, element("summary", {}, name), inner);
}

function table(rows: [string, string][]): HTMLElement {
  const lines = rows.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value)),
  );
  return element("dl", { class: "headers" }, ...lines);
}
