import { beforeEach, expect, test, vi } from "vitest";
import { call, change, list, markAllRead, Refusal, send, type Access } from "./api";

const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>();

function answer(status: number, body: unknown = { result: "Success" }) {
  return Promise.resolve(new Response(JSON.stringify(body), { status }));
}

function authorization(nth: number) {
  return (fetched.mock.calls[nth]![1].headers as Record<string, string>)["Authorization"];
}

beforeEach(() => {
  fetched.mockReset().mockImplementation(() => answer(200));
  vi.stubGlobal("fetch", fetched);
});

test("without a token the page's own cookie speaks", async () => {
  await send({ server: "" }, "/crm/auth/me");
  expect(fetched.mock.calls[0]![0]).toBe("/crm/auth/me");
  expect(authorization(0)).toBeUndefined();
});

test("with a token the header speaks", async () => {
  await send({ server: "https://bell.example", token: "t1" }, "/crm/auth/me");
  expect(fetched.mock.calls[0]![0]).toBe("https://bell.example/crm/auth/me");
  expect(authorization(0)).toBe("Bearer t1");
});

test("after a 401 a fresh token is fetched, once, and kept", async () => {
  fetched.mockImplementationOnce(() => answer(401));
  const access: Access = { server: "", token: "old", getToken: vi.fn(async () => "new") };
  expect((await send(access, "/crm/auth/me")).status).toBe(200);
  expect([authorization(0), authorization(1)]).toEqual(["Bearer old", "Bearer new"]);
  await send(access, "/crm/auth/me");
  expect(authorization(2)).toBe("Bearer new");
  expect(access.getToken).toHaveBeenCalledOnce();
});

test("a 401 with a fresh token is the answer", async () => {
  fetched.mockImplementation(() => answer(401));
  const access: Access = { server: "", token: "old", getToken: async () => "new" };
  expect((await send(access, "/crm/auth/me")).status).toBe(401);
  expect(fetched).toHaveBeenCalledTimes(2);
});

test("where there is no token yet, one is fetched first", async () => {
  await send({ server: "", getToken: async () => "first" }, "/crm/auth/me");
  expect(fetched).toHaveBeenCalledOnce();
  expect(authorization(0)).toBe("Bearer first");
});

test("a refusal says what the server says", async () => {
  fetched.mockImplementation(() => answer(404, { result: "Failed", reason: "Notification not found" }));
  const refusal = await call({ server: "" }, "GET", "x").catch((error: Refusal) => error);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({ status: 404, message: "Notification not found" });
});

test("a server that cannot be reached is a refusal with status 0", async () => {
  fetched.mockRejectedValue(new TypeError("Failed to fetch"));
  await expect(call({ server: "" }, "GET", "x")).rejects.toMatchObject({ status: 0 });
});

test("a list asks for what narrows it, and for nothing else", async () => {
  await list({ server: "" }, { unread: true, archived: false, q: "a&b", cursor: null, limit: 20 });
  expect(fetched.mock.calls[0]![0]).toBe("/crm/notification?unread=true&q=a%26b&limit=20");
});

test("a change outlives its page", async () => {
  await change({ server: "" }, 7, "mark-read");
  const [url, init] = fetched.mock.calls[0]!;
  expect([url, init.method, init.keepalive, init.body]).toEqual([
    "/crm/notification/7/mark-read",
    "POST",
    true,
    undefined,
  ]);
});

test("a snooze and a mark-all-read have a body", async () => {
  await change({ server: "" }, 7, "snooze", "2026-11-23T09:00:00Z");
  await markAllRead({ server: "" }, 9);
  await markAllRead({ server: "" });
  expect(fetched.mock.calls.map(([, init]) => init.body)).toEqual([
    '{"until":"2026-11-23T09:00:00Z"}',
    '{"up_to":9}',
    undefined,
  ]);
  expect((fetched.mock.calls[0]![1].headers as Record<string, string>)["Content-Type"]).toBe(
    "application/json",
  );
});
