// A server of our own: the real program, serving its demo from a folder that goes with it.
/// <reference types="node" />
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually } from "./wait";

/** What `belfry demo` prints. */
export const API_KEY = "demo-key-of-at-least-thirty-two-characters";
export const PASSWORD = "demo-password";

/** How long a server may take until it answers, and until it has ended. */
const START_MS = 20_000;
const STOP_MS = 15_000;

/** What a send may say; the recipient comes from elsewhere. */
export interface Content {
  type?: string;
  title: string;
  message?: string;
  link?: string;
  metadata?: Record<string, unknown>;
  related_ticket_id?: number;
  related_user_id?: number;
  /** By what else it is to go out */
  channels?: ("email" | "webhook")[];
}

/** Somebody who can sign in. */
export interface Person {
  id: number;
  email: string;
  name: string;
}

/** Those whom the demo brings along. */
export const GRACE: Person = { id: 123, email: "grace@example.com", name: "Grace Sales" };
export const EVE: Person = { id: 5, email: "eve@example.com", name: "Eve Sales" };
export const ADA: Person = { id: 1, email: "ada@example.com", name: "Ada Admin" };

interface Stored {
  notification_id: number;
}

export class Server {
  readonly origin: string;
  readonly #folder: string;
  readonly #binary: string;
  readonly #port: number;
  #process: ChildProcess | undefined;
  #people = 0;

  private constructor(port: number) {
    this.#port = port;
    this.origin = `http://127.0.0.1:${port}`;
    this.#folder = mkdtempSync(join(tmpdir(), "belfry-e2e-"));
    this.#binary = join(this.#folder, "belfry");
    // A copy: whoever builds meanwhile does not change what is tested.
    copyFileSync(binary(), this.#binary);
  }

  static async start(): Promise<Server> {
    const server = new Server(await freePort());
    await server.start();
    return server;
  }

  /** Starts it, on the data that it had before. */
  async start(): Promise<void> {
    const log = openSync(join(this.#folder, "output"), "a");
    const listen = `127.0.0.1:${this.#port}`;
    const data = join(this.#folder, "data");
    const child = spawn(this.#binary, ["demo", "--listen", listen, "--data-dir", data], {
      cwd: this.#folder,
      stdio: ["ignore", log, log],
    });
    this.#process = child;
    // The demo furnishes itself while it listens already: its people are there once one can sign in.
    await eventually("the server to answer", START_MS, async () => {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${this.output()}`);
      return await this.#isReady();
    });
  }

  async #isReady(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.origin}/crm/user/${GRACE.id}`, {
        headers: { "X-API-KEY": API_KEY },
      });
      return answer.ok;
    } catch {
      return false;
    }
  }

  /** Stops it as an operator does; SIGKILL stops it as a power cut does. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  /** Stops it and takes everything away. */
  async end(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What it said. */
  output(): string {
    return readFileSync(join(this.#folder, "output"), "utf8");
  }

  /** Asks as a program does, by the API key. */
  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return await fetch(this.origin + path, {
      method,
      headers: { "X-API-KEY": API_KEY, "Content-Type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async #demand<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.ask(method, path, body);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  /** Adds somebody whom no other test knows, with an empty inbox. */
  async person(
    what: { name?: string; language?: string; time_zone?: string; roles?: string[] } = {},
  ): Promise<Person> {
    const email = `person-${++this.#people}-${Date.now()}@example.com`;
    const wish = { name: "Pat Person", time_zone: "Europe/London", ...what, email, password: PASSWORD };
    const { user } = await this.#demand<{ user: Person }>("POST", "/crm/user", wish);
    return user;
  }

  /** Sends one, as the README's `curl` does. Gives its number. */
  async send(to: Person, content: Content): Promise<number> {
    const wish = { user_id: to.id, type: "custom", ...content };
    const { notification } = await this.#demand<{ notification: Stored }>(
      "POST",
      "/crm/notification/send",
      wish,
    );
    return notification.notification_id;
  }

  /** Sends many in the order given, up to a thousand with one request. */
  async sendAll(to: Person, contents: Content[]): Promise<number[]> {
    const ids: number[] = [];
    for (let from = 0; from < contents.length; from += 1_000) {
      const notifications = contents
        .slice(from, from + 1_000)
        .map((content) => ({ user_id: to.id, type: "custom", ...content }));
      const { results } = await this.#demand<{ results: { status: number; notification: Stored }[] }>(
        "POST",
        "/crm/notification/send/batch",
        { notifications },
      );
      const refused = results.find((result) => result.status !== 201);
      if (refused) throw new Error(`a batch was refused: ${JSON.stringify(refused)}`);
      ids.push(...results.map((result) => result.notification.notification_id));
    }
    return ids;
  }

  /** Signs in and gives the cookie `name=value` of a session of its own. */
  async cookie(who: Person, userAgent = "belfry-e2e"): Promise<string> {
    const answer = await fetch(`${this.origin}/crm/auth/session`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "User-Agent": userAgent, Origin: this.origin },
      body: JSON.stringify({ email: who.email, password: PASSWORD }),
    });
    const set = answer.headers.getSetCookie()[0];
    if (!answer.ok || !set)
      throw new Error(`sign-in of ${who.email}: ${answer.status} ${await answer.text()}`);
    return set.split(";")[0]!;
  }

  /** Asks as somebody does who is signed in. */
  async askAs(who: Person, method: string, path: string, body?: unknown): Promise<Response> {
    const headers = {
      Cookie: await this.cookie(who),
      Origin: this.origin,
      "Content-Type": "application/json",
    };
    return await fetch(this.origin + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The value of a metric without labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.origin}/crm/metrics`)).text();
    const value = text.match(new RegExp(`^${name} (\\S+)$`, "m"))?.[1];
    if (value === undefined) throw new Error(`there is no metric ${name}`);
    return Number(value);
  }
}

/** The program that is tested: the debug build, unless BELFRY_BIN names another. */
function binary(): string {
  const root = resolve(import.meta.dirname, "../../..");
  const target = process.env.CARGO_TARGET_DIR
    ? resolve(root, process.env.CARGO_TARGET_DIR)
    : join(root, "target");
  const found = process.env.BELFRY_BIN ?? join(target, "debug/belfry");
  if (!existsSync(found))
    throw new Error(`There is no ${found}: run 'cargo build', or name the program in BELFRY_BIN.`);
  return found;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP listener has an address");
  return address.port;
}
