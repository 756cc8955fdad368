import { describe, expect, it } from "vitest";
import { ALL_DELIVERIES, PLAIN, readRoute, type Route, writeRoute } from "./route";

describe("a route", () => {
  const routes: Route[] = [
    { page: "inbox", view: PLAIN, id: null },
    { page: "inbox", view: { ...PLAIN, tab: "unread" }, id: 42 },
    {
      page: "inbox",
      view: { tab: "archived", type: "custom", from: "2026-11-01", until: "2026-11-30", words: "a & b" },
      id: null,
    },
    { page: "profile" },
    { page: "about" },
    { page: "deliveries", view: ALL_DELIVERIES, id: null },
    {
      page: "deliveries",
      view: {
        user: 123,
        notification: 7,
        channel: "google_chat",
        state: "final",
        from: "2026-11-01",
        until: "2026-11-30",
      },
      id: "0193-aa",
    },
    { page: "delivery-settings" },
    { page: "sign-in", to: "/inbox?tab=unread&id=7" },
  ];
  it.each(routes)("comes back from its address: $page", (route) => {
    expect(readRoute(writeRoute(route))).toEqual(route);
  });

  it("is the inbox at the root and with a slash at the end", () => {
    expect(readRoute("/")).toEqual({ page: "inbox", view: PLAIN, id: null });
    expect(readRoute("/inbox/")).toEqual({ page: "inbox", view: PLAIN, id: null });
    expect(readRoute("/nowhere")).toEqual({ page: "missing" });
  });

  it("leaves out what makes no sense", () => {
    const route = readRoute("/inbox?tab=purple&from=2026-02-30&until=yesterday&id=-4");
    expect(route).toEqual({ page: "inbox", view: PLAIN, id: null });
    const log = readRoute("/administration/?user=x&channel=<b>&state=a+b&from=never&id=%22");
    expect(log).toEqual({ page: "deliveries", view: ALL_DELIVERIES, id: null });
    expect(readRoute("/inbox?id=99999999999999999")).toMatchObject({ id: null });
  });
});

describe("the way back after sign-in", () => {
  it.each([
    "//evil.example/inbox",
    "https://evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "/sign-in?to=/sign-in",
    "/crm/docs/",
    "/\t/evil.example",
    "http://[",
    "/sign-in/",
    "",
  ])("never leads out: %s", (to) => {
    const route = readRoute(`/sign-in?${new URLSearchParams({ to })}`);
    expect(route).toEqual({ page: "sign-in", to: "/inbox" });
  });
});

it("leads back to where one was", () => {
  expect(readRoute("/sign-in?to=%2Finbox%3Ftab%3Dunread%26id%3D7")).toEqual({
    page: "sign-in",
    to: "/inbox?tab=unread&id=7",
  });
});
