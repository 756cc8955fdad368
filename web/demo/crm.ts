// The pretend CRM's own script: who is signed in, the form that sends, and a router that the bell asks first.
import { call, type Access, type Refusal } from "../client/api";
import type { MeAnswer, Notification } from "../client/types";
import { KINDS, type Answer, type Deed } from "./kinds";

const access: Access = { server: "" };
const PASSWORD = "demo-password";

/** The people of `belfry demo`. */
const PEOPLE: [id: number, email: string, name: string][] = [
  [123, "grace@example.com", "Grace Sales"],
  [1, "ada@example.com", "Ada Admin"],
  [4, "max@example.com", "Max Manager"],
  [2, "ben@example.com", "Ben Support"],
  [3, "cleo@example.com", "Cleo Finance"],
  [5, "eve@example.com", "Eve Sales"],
];

/** A title, a message and a link that a system of this kind would send. */
const EXAMPLES: Record<string, [title: string, message: string, link: string]> = {
  ticket_assigned: [
    "Ticket #42 assigned to you",
    "Router at Northwind drops its uplink every night",
    "/tickets/42",
  ],
  ticket_mention: [
    "Ben mentioned you in ticket #42",
    "“@grace can you call Mia before noon?”",
    "/tickets/42",
  ],
  customer_reply: ["Reply from Mia Larsen", "The uplink is back, thank you!", "/tickets/42"],
  billing_payment: [
    "Payment received",
    "€ 15,350.00 from Northwind Logistics, eleven days early",
    "/payments/9001",
  ],
  billing_invoice: ["Invoice 2026-1187 is ready", "Northwind Logistics · € 15,350.00", "/invoices/1187"],
  provision_complete: ["Service activated", "Fibre 1000 at the Antwerp depot is live", "/services/167"],
  provision_failed: [
    "Provisioning failed",
    "The SIM cards of order 311 could not be activated",
    "/orders/311",
  ],
  service_expiring: ["Contract ends in 7 days", "Northwind Logistics · Support Gold", "/contracts/7"],
  system_alert: ["Disk space warning", "db-3 is at 91 %", "https://status.example.com/db-3"],
  custom: ["Lunch is here", "Third floor, while it lasts", ""],
};

const find = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;
const bell = document.querySelector("belfry-bell")!;
const signIn = find<HTMLDialogElement>("sign-in");
const form = find<HTMLFormElement>("send");
const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;

/** Shows who is signed in, or asks for it. */
async function welcome() {
  const me = await call<MeAnswer>(access, "GET", "auth/me").catch(() => null);
  find("who").textContent = me?.user.name ?? "";
  find("who").hidden = find("sign-out").hidden = !me;
  if (!me) return signIn.open || signIn.showModal();
  signIn.close();
  field("user_id").value = String(me.user.id);
}

/** Somebody else is here: a bell that is hung anew asks the server who. */
async function changed() {
  await welcome();
  const place = bell.nextSibling;
  const bar = bell.parentNode!;
  bell.remove();
  bar.insertBefore(bell, place);
}

/** Hours that run end a session that nobody used meanwhile; the demo knows everybody's password and signs in again. */
async function stay() {
  const me = await call(access, "GET", "auth/me").catch(() => null);
  const who = find("who");
  if (me || who.hidden) return;
  const email = PEOPLE.find(([, , name]) => name === who.textContent)?.[1];
  if (email) await call(access, "POST", "auth/session", { email, password: PASSWORD }).catch(() => null);
  await changed();
}

for (const [id, email, name] of PEOPLE) {
  find("users").append(new Option(`${name} (${id})`, String(id)));
  const choose = document.createElement("button");
  choose.type = "button";
  const address = document.createElement("span");
  address.textContent = email;
  choose.append(name, address);
  choose.onclick = async () => {
    try {
      await call(access, "POST", "auth/session", { email, password: PASSWORD });
      find("sign-in-answer").textContent = "";
      await changed();
    } catch (refusal) {
      find("sign-in-answer").textContent = (refusal as Refusal).message;
    }
  };
  const item = document.createElement("li");
  item.append(choose);
  find("people").append(item);
}

for (const type of Object.keys(EXAMPLES)) find("types").append(new Option(type));

field("type").onchange = () => {
  const [title, message, link] = EXAMPLES[field("type").value]!;
  field("title").value = title;
  field("message").value = message;
  field("link").value = link;
};

form.onsubmit = async (event) => {
  event.preventDefault();
  const value = (name: string) => field(name).value || null;
  const body = {
    user_id: Number(value("user_id")),
    type: value("type"),
    title: value("title"),
    message: value("message"),
    link: value("link"),
  };
  const answer = find("answer");
  try {
    const response = await fetch("/crm/notification/send", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-API-KEY": field("key").value },
      body: JSON.stringify(body),
    });
    const said = await response.json();
    answer.textContent = response.ok ? "201: stored, and on its way" : (said.reason ?? said.message);
    answer.className = response.ok ? "answer good" : "answer bad";
  } catch {
    answer.textContent = "The server could not be reached";
    answer.className = "answer bad";
  }
};

// A single-page application opens what is its own itself; everything else is left to the browser.
bell.addEventListener("belfry:click", (event) => {
  const { notification } = (event as CustomEvent<{ notification: Notification }>).detail;
  if (!notification.link?.startsWith("/")) return;
  event.preventDefault();
  const how = "The bell asked first (belfry:click), and this page's own router took over without a reload:";
  showOpened(notification.title, how, notification.link);
});

function showOpened(title: string, how: string, link: string) {
  find("opened").hidden = false;
  find("opened-title").textContent = title;
  find("opened-how").textContent = how;
  find("opened-link").textContent = link;
  scrollTo({ top: 0 });
}

// A notification followed from elsewhere, the centre for one, leads to a record of this CRM.
if (location.pathname != "/demo/crm") {
  showOpened("A record of the CRM", "This page stands for the one that was asked for:", location.pathname);
}
find("opened-close").onclick = () => (find("opened").hidden = true);

bell.addEventListener("belfry:count", (event) => {
  const { count } = (event as CustomEvent<{ count: number }>).detail;
  document.title = document.title.replace(/^(\(\d+\) )?/, count > 0 ? `(${count}) ` : "");
});

interface Time {
  now: string;
  fired: number;
}

/** Shows what time it is in the demo; a server that is none has no such clock. */
async function readTime() {
  const response = await fetch("/demo/time").catch(() => null);
  find("time").hidden = !response?.ok;
  if (response?.ok) showTime((await response.json()) as Time);
}

function showTime({ now }: Time) {
  const words = { weekday: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" } as const;
  find("time-now").textContent = new Date(now).toLocaleString("en-GB", words);
}

for (const step of document.querySelectorAll<HTMLButtonElement>("#time button")) {
  step.onclick = async () => {
    const answer = find("time-answer");
    const body = JSON.stringify({ minutes: Number(step.dataset.minutes) });
    const headers = { "Content-Type": "application/json" };
    const response = await fetch("/demo/time", { method: "POST", headers, body }).catch(() => null);
    answer.className = response?.ok ? "answer good" : "answer bad";
    if (!response?.ok) return (answer.textContent = "The server could not be reached");
    const time = (await response.json()) as Time;
    showTime(time);
    const fell = time.fired === 1 ? "1 timer fell due" : `${time.fired} timers fell due`;
    answer.textContent = `${step.textContent} later: ${time.fired ? fell : "nothing fell due"}`;
    await stay();
  };
}
readTime();
setInterval(readTime, 20_000);

/** Asks as the CRM does, with the key of the form below. */
async function asCrm(method: string, path: string, body?: unknown, expected?: number): Promise<Answer> {
  const response = await fetch(`/crm/${path}`, {
    method,
    headers: { "Content-Type": "application/json", "X-API-KEY": field("key").value },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Answer;
  const isAsExpected = expected ? response.status === expected : response.ok;
  if (!isAsExpected) throw new Error(String(answer.reason ?? answer.message));
  return answer;
}

/** What time it is in the demo. */
async function demoNow(): Promise<Date> {
  const response = await fetch("/demo/time").catch(() => null);
  return response?.ok ? new Date(((await response.json()) as Time).now) : new Date();
}

function buttonOf({ label, says, act }: Deed): HTMLLIElement {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const about = document.createElement("p");
  const answer = document.createElement("p");
  [button.type, button.className, button.textContent] = ["button", "plain", label];
  [about.className, about.textContent] = ["hint", says];
  answer.setAttribute("role", "status");
  button.onclick = async () => {
    button.disabled = true;
    try {
      const said = await act(asCrm, await demoNow());
      [answer.className, answer.textContent] = ["answer good", said ? `Done: ${said}` : "Done"];
    } catch (error) {
      [answer.className, answer.textContent] = ["answer bad", (error as Error).message];
    }
    button.disabled = false;
  };
  item.append(button, about, answer);
  return item;
}

for (const { title, deeds } of KINDS) {
  const heading = document.createElement("h3");
  const list = document.createElement("ul");
  heading.textContent = title;
  list.append(...deeds.map(buttonOf));
  find("kinds").append(heading, list);
}

find("sign-out").onclick = async () => {
  await call(access, "POST", "auth/logout").catch(() => null);
  await changed();
};

signIn.addEventListener("cancel", (event) => event.preventDefault());
welcome();
