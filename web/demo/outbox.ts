// The outbox of the demo: what was sent at the left, newest first, and one of it at the right.
import { CHANNELS, EXAMPLE, forgetAll, type Item, itemsAfter, KEY, sendExample } from "./outbox/api";
import { detail } from "./outbox/detail";
import { element } from "./outbox/element";

const EVERY_MS = 1_000;
/** As many as the server keeps. */
const MOST = 200;

const find = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;
const list = find<HTMLOListElement>("items");
const channel = find<HTMLSelectElement>("channel");
const pane = find("detail");
/** Whether there is room for both panes. */
const wide = matchMedia("(min-width: 52rem)");

/** Newest first. */
let items: Item[] = [];
/** What the pane shows: the number of an item, "first" for what to do first, "" for nothing. */
let shown: string | undefined;
let isWaiting = false;

/** Asks for what is new, and shows it. */
async function refresh() {
  if (document.visibilityState === "hidden" || isWaiting) return;
  isWaiting = true;
  try {
    const answer = await itemsAfter(items[0]?.id ?? 0);
    const isFirst = shown === undefined;
    let changed = [...answer.items, ...items].slice(0, MOST);
    // It was emptied, or cut where the server keeps less.
    if (changed.length !== answer.count) changed = (await itemsAfter(0)).items;
    const isChanged = isFirst || answer.items.length > 0 || changed.length !== items.length;
    items = changed;
    find("trouble").textContent = "";
    if (isFirst) showAddresses(answer.addresses);
    else if (answer.items.length > 0) announce(answer.items);
    if (isChanged) draw();
  } catch {
    find("trouble").textContent = "The demo does not answer; start it again with: make run";
  } finally {
    isWaiting = false;
  }
}

function announce(fresh: Item[]) {
  const [{ channel, to, subject }] = fresh as [Item];
  const more = fresh.length > 1 ? ` and ${fresh.length - 1} more` : "";
  find("news").textContent = `${CHANNELS[channel]} to ${to}: ${subject}${more}`;
}

function draw() {
  const rows = items.filter((item) => !channel.value || item.channel === channel.value);
  const known = new Map([...list.children].map((row) => [(row as HTMLElement).dataset.id, row]));
  list.replaceChildren(...rows.map((item) => known.get(String(item.id)) ?? row(item)));
  find("none").hidden = rows.length > 0 || items.length === 0;
  find("empty").hidden = items.length === 0;
  open();
}

function row(item: Item): HTMLElement {
  const time = new Date(item.at).toLocaleTimeString("en-GB");
  const link = element(
    "a",
    { href: `#${item.id}` },
    element("span", { class: `kind ${item.channel}` }, CHANNELS[item.channel]),
    element("time", { datetime: item.at }, time),
    element("b", {}, item.subject || "Without a subject"),
    element("span", { class: "to" }, `to ${item.to}`),
  );
  return element("li", { "data-id": String(item.id) }, link);
}

/** Shows what the address names; where there is room for both panes, something in any case. */
function open() {
  const named = items.find(({ id }) => `#${id}` === location.hash);
  const kept = items.find(({ id }) => String(id) === shown);
  const item = named ?? (wide.matches ? (kept ?? items[0]) : undefined);
  document.body.classList.toggle("opened", named !== undefined);
  document.body.classList.toggle("bare", items.length === 0);
  for (const link of list.querySelectorAll("a")) {
    if (link.hash === `#${item?.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const next = item ? String(item.id) : items.length === 0 ? "first" : "";
  if (next === shown) return;
  shown = next;
  pane.replaceChildren(...(item ? [detail(item)] : items.length === 0 ? [first()] : []));
  pane.scrollTop = 0;
}

/** What to do where nothing has been sent. */
function first(): Node {
  const shown = find<HTMLTemplateElement>("first").content.cloneNode(true) as DocumentFragment;
  const inner = <Kind extends HTMLElement>(id: string) => shown.getElementById(id) as Kind;
  const command = `curl -X POST ${location.origin}/crm/notification/send \\
  -H 'X-API-KEY: ${KEY}' -H 'Content-Type: application/json' \\
  -d '${EXAMPLE}'`;
  const answer = inner("answer");
  inner("command").textContent = command;
  inner("send").onclick = async () => {
    const reason = await sendExample().catch(() => "The demo does not answer; start it again with: make run");
    answer.textContent = reason ?? "Sent. It shows here in a moment.";
  };
  inner("copy").onclick = async () => {
    await navigator.clipboard.writeText(command);
    answer.textContent = "Copied.";
  };
  return shown;
}

function showAddresses(addresses: { channel: keyof typeof CHANNELS; url: string }[]) {
  const lines = addresses.map(({ channel, url }) =>
    element("div", {}, element("dt", {}, CHANNELS[channel]), element("dd", {}, element("code", {}, url))),
  );
  find("address-list").replaceChildren(...lines);
  find("addresses").hidden = lines.length === 0;
}

for (const [name, label] of Object.entries(CHANNELS)) channel.append(new Option(label, name));
channel.onchange = draw;

find("empty").onclick = async () => {
  await forgetAll().catch(() => null);
  await refresh();
  pane.focus();
};

list.onkeydown = (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step) return;
  const links = [...list.querySelectorAll("a")];
  const next = links[links.indexOf(document.activeElement as HTMLAnchorElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
};

addEventListener("hashchange", () => {
  open();
  if (location.hash.length > 1) pane.focus();
});
wide.addEventListener("change", open);
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, EVERY_MS);
void refresh();
