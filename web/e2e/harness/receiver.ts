// Where webhooks lead in a test: it answers as it is told and keeps what it was sent.
/// <reference types="node" />
import { once } from "node:events";
import { createServer, type Server } from "node:http";

/** What is answered. */
export interface Answer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}

/** What came in. */
export interface Received {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export class Receiver {
  readonly url: string;
  readonly received: Received[] = [];
  /** What is answered from now on */
  answer: Answer = { status: 204 };
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}/in/with-a-secret-abcd`;
  }

  static async open(): Promise<Receiver> {
    let receiver: Receiver | undefined;
    const server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (part: string) => (body += part));
      request.on("end", () => {
        if (!receiver) return;
        receiver.received.push({ path: request.url ?? "", headers: request.headers, body });
        const { status, headers = {}, body: words = "" } = receiver.answer;
        response.writeHead(status, headers).end(words);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP listener has an address");
    return (receiver = new Receiver(server, address.port));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
