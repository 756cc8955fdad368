// What the server tells every browser not to do, and what pages of other sites cannot do in its name.
/// <reference types="node" />
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { Page } from "playwright-core";
import { Centre } from "./harness/centre";
import {
  ADA,
  afterAll,
  beforeAll,
  describe,
  eventually,
  expect,
  PASSWORD,
  type Person,
  type Server,
  test,
  type Visitor,
} from "./harness/test";

const PAGES = ["/", "/inbox", "/profile", "/about", "/sign-in", "/demo/crm", "/tickets/42"];
const CALLS = [
  "/crm/auth/me",
  "/crm/user/me",
  "/crm/user/me/sessions",
  "/crm/notification",
  "/crm/notification/1",
];
const ERRORS = [
  "/nowhere",
  "/crm/nowhere",
  "/assets/nothing.js",
  "/assets/../index.html",
  "/%ff",
  "/inbox/x/y",
];

describe("security headers", () => {
  test.for(PAGES)("of the page %s", async (path, { server }) => {
    const { status, headers } = await fetch(server.origin + path);
    expect(status).toBe(200);
    const policy = directives(headers);
    expect(policy.get("default-src")).toBe("'none'");
    expect(policy.get("script-src")).toBe("'self'");
    expect(policy.get("style-src")).toBe("'self'");
    expect(policy.get("connect-src")).toBe("'self'");
    expect(policy.get("base-uri")).toBe("'none'");
    expect(policy.get("form-action")).toBe("'self'");
    expect(policy.get("frame-ancestors")).toBe("'none'");
    expect(policy.get("require-trusted-types-for")).toBe("'script'");
    expect(policy.get("trusted-types")).toMatch(/^('none'|svelte-trusted-html)$/);
    expect([...policy.values()].join(" ")).not.toMatch(/unsafe|\*|https?:/);
    expect(headers.get("cache-control")).toBe("no-cache");
    marked(headers);
  });

  test("of the assets that a page names, and of the bell", async ({ server }) => {
    const named = new Set<string>(["/belfry-bell.js"]);
    for (const page of ["/", "/demo/crm"]) {
      const html = await (await fetch(server.origin + page)).text();
      for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)) named.add(path!);
      expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/i);
    }
    expect(named.size).toBeGreaterThan(3);
    for (const path of named) {
      const { status, headers } = await fetch(server.origin + path);
      expect(status, path).toBe(200);
      expect(headers.get("content-type"), path).toMatch(/^text\/(javascript|css); charset=utf-8$/);
      const isBell = path === "/belfry-bell.js";
      expect(headers.get("cache-control"), path).toBe(
        isBell ? "no-cache" : "public, max-age=31536000, immutable",
      );
      expect(headers.get("access-control-allow-origin"), path).toBe(isBell ? "*" : null);
      expect(directives(headers).get("default-src"), path).toBe("'none'");
      expect(directives(headers).get("frame-ancestors"), path).toBe("'none'");
      marked(headers);
    }
  });

  test("of the API's answers, good and bad", async ({ server, person }) => {
    const good = { Cookie: await server.cookie(person) };
    const bad = { Cookie: "__Host-belfry=nothing" };
    const answers = [
      ...CALLS.flatMap((path) => [good, bad].map((headers) => fetch(server.origin + path, { headers }))),
      ...ERRORS.map((path) => fetch(server.origin + path)),
      ...["PUT", "DELETE", "POST"].map((method) =>
        fetch(`${server.origin}/crm/notification`, { method, headers: good }),
      ),
      server.ask("POST", "/crm/notification/send", { user_id: person.id }),
      server.ask("POST", "/crm/notification/send", { user_id: person.id, type: "custom", title: "x" }),
      server.ask("POST", "/crm/notification/send", "x".repeat(300_000)),
    ];
    const statuses = new Set<number>();
    for (const { status, url, headers } of await Promise.all(answers)) {
      statuses.add(status);
      expect(headers.get("cache-control"), url).toBe("no-store");
      expect(directives(headers).get("default-src"), url).toBe("'none'");
      expect(directives(headers).get("frame-ancestors"), url).toBe("'none'");
      expect(headers.get("content-type"), url).toMatch(/^application\/json/);
      expect(headers.get("access-control-allow-origin"), url).toBeNull();
      marked(headers);
    }
    for (const status of [200, 201, 400, 401, 404, 405, 413]) expect([...statuses]).toContain(status);
  });

  test("of a stream", async ({ server, person }) => {
    const stop = new AbortController();
    const headers = { Cookie: await server.cookie(person) };
    const answer = await fetch(`${server.origin}/crm/notification/stream`, { headers, signal: stop.signal });
    expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(answer.headers.get("cache-control")).toMatch(/no-store|no-cache/);
    marked(answer.headers);
    stop.abort();
  });

  test("no other origin may read, whatever it calls itself", async ({ server, person }) => {
    const Cookie = await server.cookie(person);
    const port = new URL(server.origin).port;
    const origins = ["https://evil.example", "null", "http://localhost", `http://localhost:${port}`];
    origins.push(`${server.origin}.evil.example`, `https://127.0.0.1:${port}`, "http://127.0.0.1:1", "*");
    for (const Origin of origins) {
      for (const method of ["GET", "OPTIONS"]) {
        const headers = { Cookie, Origin, "Access-Control-Request-Method": "POST" };
        const answer = await fetch(`${server.origin}/crm/notification`, { method, headers });
        expect(answer.headers.get("access-control-allow-origin"), Origin).toBeNull();
        expect(answer.headers.get("access-control-allow-credentials"), Origin).toBeNull();
      }
    }
  });
});

describe("the cookie", () => {
  test("is kept from scripts, other paths, other hosts and other sites", async ({ visit, person }) => {
    const visitor = await visit();
    const page = await visitor.open("/sign-in");
    await page.getByRole("textbox", { name: "E-mail" }).fill(person.email);
    await page.locator("#password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await new Centre(page).tab("Unread").waitFor();
    const cookies = await visitor.context.cookies();
    expect(cookies.map(({ name }) => name)).toEqual(["__Host-belfry"]);
    expect(cookies[0]).toMatchObject({
      httpOnly: true,
      secure: true,
      sameSite: "Lax",
      path: "/",
      domain: "127.0.0.1",
    });
    expect(await page.evaluate(() => document.cookie)).toBe("");
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    expect(kept).not.toContain(cookies[0]!.value);
  });
});

/** A site beside ours: `localhost` is another site, another port of 127.0.0.1 another origin that gets our cookie. */
let elsewhere: HttpServer;
let port = 0;

beforeAll(async () => {
  elsewhere = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end("<!doctype html><title>Elsewhere</title><h1>You have won</h1>");
  });
  elsewhere.listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  port = (elsewhere.address() as { port: number }).port;
});

afterAll(() => void elsewhere.close());

describe.for(["127.0.0.1", "localhost"])("a page on another port of %s", (host) => {
  test("changes nothing in the name of whoever is signed in, and reads nothing", async ({
    server,
    visit,
  }) => {
    const [one] = await server.sendAll(ADA, [{ title: "Leave me alone" }, { title: "Me too" }]);
    const { page, answers } = await lure(server, await visit({ as: ADA }), `http://${host}:${port}/`);
    const before = await standing(server, ADA);

    const blocked = await page.evaluate(byFetch, { calls: callsOf(one!), origin: server.origin });
    expect(blocked.read).toEqual([]);
    await page.evaluate(byForms, { calls: callsOf(one!), origin: server.origin });
    await page.evaluate(byTags, { id: one!, origin: server.origin });
    await page.evaluate(fromNowhere, { calls: callsOf(one!), origin: server.origin });

    const changing = answers.filter(({ method }) => !["GET", "OPTIONS", "HEAD"].includes(method));
    // Simple requests do arrive: had none, this test would show nothing.
    expect(changing.length).toBeGreaterThan(2 * callsOf(one!).length);
    expect(changing.filter(({ status }) => status < 400)).toEqual([]);
    expect(
      answers
        .filter(({ method, status }) => method === "OPTIONS" && status < 300)
        .map(({ allowed }) => allowed),
    ).not.toContain("*");
    expect(await standing(server, ADA)).toEqual(before);
  });

  test("changes nothing by a form that takes the whole tab", async ({ server, visit }) => {
    const [one] = await server.sendAll(ADA, [{ title: "Leave me alone, tab" }]);
    const { page, answers } = await lure(server, await visit({ as: ADA }), `http://${host}:${port}/`);
    const before = await standing(server, ADA);
    const calls = callsOf(one!).filter(({ method }) => method === "POST");
    for (const { path, body } of calls) {
      await page.goto(`http://${host}:${port}/`);
      await page.evaluate(byWholeTab, { action: server.origin + path, body });
      await page.waitForURL(server.origin + path);
    }
    const posts = answers.filter(({ method }) => method === "POST");
    expect(posts.length).toBe(calls.length);
    expect(posts.filter(({ status }) => status < 400)).toEqual([]);
    expect(await standing(server, ADA)).toEqual(before);
  });

  test("cannot frame any page of ours", async ({ server, visit }) => {
    const { page } = await lure(server, await visit({ as: ADA }), `http://${host}:${port}/`);
    for (const path of [...PAGES, "/crm/docs/", "/crm/notification", "/belfry-bell.js"]) {
      await page.evaluate(
        async (src) =>
          await new Promise((done) => {
            const frame = Object.assign(document.createElement("iframe"), { src, onload: done });
            document.body.replaceChildren(frame);
          }),
        server.origin + path,
      );
      await eventually(`${path} not to be framed`, 5_000, () => {
        return page.frames()[1]?.url().startsWith("chrome-error:");
      });
    }
  });
});

describe("a page of our own", () => {
  test("does change things by the same calls, so that the tests above mean something", async ({
    server,
    visit,
  }) => {
    const [one] = await server.sendAll(ADA, [{ title: "To be changed" }]);
    const visitor = await visit({ as: ADA });
    visitor.watch.allow(/status of 4\d\d/);
    const page = await visitor.open("/about");
    const before = await standing(server, ADA);
    const calls = callsOf(one!).filter(({ path }) => !/logout|session$/.test(path));
    const { taken } = await page.evaluate(byFetch, { calls, origin: server.origin });
    expect(taken).toBeGreaterThanOrEqual(calls.length - 1);
    expect(await standing(server, ADA)).not.toEqual(before);
  });
});

/** Whose account an attacker would have others use: its password lets a form make up the JSON text that signs in. */
const FORGER = { email: "forger@example.com", password: "a-password=of-their-own" };

interface Call {
  method: string;
  path: string;
  /** A JSON text */
  body: string;
}

/** What changes something for an administrator who is signed in. */
function callsOf(id: number): Call[] {
  const sent = { user_id: ADA.id, type: "custom", title: "Forged=true" };
  const calls: [string, string, unknown?][] = [
    ["POST", "/crm/notification/send", sent],
    ["POST", "/crm/notification/send/batch", { notifications: [sent] }],
    ["POST", `/crm/notification/${id}/mark-read`],
    ["POST", `/crm/notification/${id}/archive`],
    ["POST", `/crm/notification/${id}/snooze`, { until: "2099-01-01T00:00:00Z" }],
    ["POST", "/crm/notification/mark-all-read"],
    ["DELETE", `/crm/notification/${id}`],
    ["POST", "/crm/user/me/test"],
    ["POST", "/crm/user", { email: "forged@example.com", name: "Forged=true", password: "forged-password" }],
    ["PUT", "/crm/user/me", { name: "Forged=true" }],
    ["POST", "/crm/api-key", { description: "Forged=true", roles: ["admin"] }],
    ["POST", "/crm/auth/session", FORGER],
    ["POST", "/crm/auth/logout"],
  ];
  return calls.map(([method, path, body]) => ({ method, path, body: JSON.stringify(body ?? {}) }));
}

/** All that such calls would change. */
async function standing(server: Server, who: Person): Promise<unknown> {
  const paths = [`/crm/user/${who.id}`, "/crm/user", "/crm/api-key"];
  const seen: unknown[] = [];
  for (const path of paths) seen.push(await (await server.ask("GET", path)).json());
  const headers = { Cookie: (cookies[server.origin] ??= await server.cookie(who, "looks after it")) };
  for (const path of [
    "/crm/notification?limit=100",
    "/crm/notification?archived=true",
    "/crm/user/me/sessions",
  ]) {
    seen.push(await (await fetch(server.origin + path, { headers })).json());
  }
  // When something was used last changes by our own looking.
  return JSON.parse(JSON.stringify(seen, (name, value: unknown) => (/used_at$/.test(name) ? null : value)));
}

const cookies: Record<string, string> = {};

interface Heard {
  method: string;
  status: number;
  url: string;
  allowed: string | undefined;
}

/** Brings somebody to another site, and notes what our server answers to it. */
async function lure(
  server: Server,
  visitor: Visitor,
  address: string,
): Promise<{ page: Page; answers: Heard[] }> {
  visitor.watch.allow(/./);
  const { status } = await server.ask("POST", "/crm/user", { ...FORGER, name: "Forger" });
  expect([201, 409]).toContain(status);
  const answers: Heard[] = [];
  visitor.context.on("response", (response) => {
    const method = response.request().method();
    const allowed = response.headers()["access-control-allow-origin"];
    if (response.url().includes("/crm/"))
      answers.push({ method, status: response.status(), url: response.url(), allowed });
  });
  const page = await visitor.context.newPage();
  await page.goto(address);
  return { page, answers };
}

/** In the page: fetch, in each way that a browser may let through. */
async function byFetch({ calls, origin }: { calls: Call[]; origin: string }) {
  const ways: RequestInit[] = [
    { mode: "no-cors", credentials: "include", headers: { "Content-Type": "text/plain" } },
    {
      mode: "no-cors",
      credentials: "include",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    },
    { mode: "cors", credentials: "include", headers: { "Content-Type": "text/plain" } },
    { mode: "cors", credentials: "include", headers: { "Content-Type": "application/json" } },
    { mode: "cors", credentials: "include", keepalive: true, referrerPolicy: "no-referrer" },
  ];
  const read: string[] = [];
  let taken = 0;
  for (const { method, path, body } of calls) {
    for (const way of ways) {
      try {
        const answer = await fetch(origin + path, { ...way, method, body });
        if (answer.ok) taken++;
        if (answer.type !== "opaque") read.push(`${method} ${path}`);
      } catch {
        // Refused before it was sent, or its answer is kept from us.
      }
    }
    if (location.origin !== origin) navigator.sendBeacon(origin + path, body);
  }
  for (const path of ["/crm/auth/me", "/crm/notification", "/crm/user/me"]) {
    try {
      read.push(await (await fetch(origin + path, { credentials: "include" })).text());
    } catch {
      // So it must be.
    }
  }
  return { read, taken };
}

/** In the page: forms of each kind, into frames. */
async function byForms({ calls, origin }: { calls: Call[]; origin: string }) {
  const posts = calls.filter(({ method }) => method === "POST");
  for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    for (const { path, body } of posts) {
      const frame = Object.assign(document.createElement("iframe"), { name: `frame-${Math.random()}` });
      document.body.append(frame);
      const form = document.createElement("form");
      Object.assign(form, { method: "POST", action: origin + path, enctype, target: frame.name });
      // As text/plain, name, equals sign and value make up a JSON text again.
      const [name, value] = body.includes("=") ? body.split("=") : ['{"x":"', '"}'];
      form.append(Object.assign(document.createElement("input"), { name, value }));
      document.body.append(form);
      await new Promise((done) => {
        frame.onload = done;
        form.submit();
      });
      frame.remove();
    }
  }
}

/** In the page: what only loads something. */
async function byTags({ id, origin }: { id: number; origin: string }) {
  const paths = ["mark-all-read", `${id}/mark-read`, `${id}/archive`, `${id}/delete`, `${id}`, ""];
  for (const path of paths) {
    for (const tag of ["img", "script", "link"] as const) {
      const url = `${origin}/crm/notification/${path}?_method=DELETE`;
      const element = document.createElement(tag);
      const ended = new Promise((done) => (element.onload = element.onerror = done));
      Object.assign(element, tag === "link" ? { rel: "stylesheet", href: url } : { src: url });
      document.head.append(element);
      await ended;
    }
  }
}

/** In the page: calls and forms from a frame that has no origin. */
async function fromNowhere({ calls, origin }: { calls: Call[]; origin: string }) {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-forms");
  const attack = async (calls: Call[], origin: string) => {
    for (const { method, path, body } of calls) {
      for (const mode of ["no-cors", "cors"] as const) {
        await fetch(origin + path, { method, body, mode, credentials: "include" }).catch(() => {});
      }
    }
    const form = document.createElement("form");
    Object.assign(form, {
      method: "POST",
      action: `${origin}/crm/notification/mark-all-read`,
      enctype: "text/plain",
    });
    document.body.append(form);
    parent.postMessage("done", "*");
    form.submit();
  };
  frame.srcdoc = `<body><script>(${attack})(${JSON.stringify(calls)}, ${JSON.stringify(origin)})</script>`;
  const done = new Promise((done) => addEventListener("message", done, { once: true }));
  document.body.append(frame);
  await done;
  await new Promise((done) => (frame.onload = done));
}

/** In the page: a form that leaves it. */
function byWholeTab({ action, body }: { action: string; body: string }) {
  const form = document.createElement("form");
  Object.assign(form, { method: "POST", action, enctype: "text/plain" });
  const [name, value] = body.includes("=") ? body.split("=") : ['{"x":"', '"}'];
  form.append(Object.assign(document.createElement("input"), { name, value }));
  document.body.append(form);
  form.submit();
}

/** What every answer says. */
function marked(headers: Headers): void {
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("server")).toBeNull();
  expect(headers.get("x-powered-by")).toBeNull();
}

function directives(headers: Headers): Map<string, string> {
  const policy = headers.get("content-security-policy") ?? "";
  return new Map(
    policy
      .split(";")
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map((part) => [part.split(" ")[0]!, part.split(" ").slice(1).join(" ")]),
  );
}
