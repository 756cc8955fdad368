import { describe, expect, it } from "vitest";
import {
  ALL_CHANGES,
  ALL_DELIVERIES,
  ALL_RECORDS,
  ALL_USERS,
  isAdministration,
  PLAIN,
  readRoute,
  type Route,
  writeRoute,
} from "./route";

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
    { page: "settings", group: null, field: null, words: "" },
    { page: "settings", group: null, field: null, words: "time & place" },
    { page: "settings", group: "sales_orders", field: "trigger_values", words: "" },
    { page: "audit", view: ALL_CHANGES },
    {
      page: "audit",
      view: { module: "contacts", record: "a/b 7", group: null, user: 5, from: "2026-11-01", until: null },
    },
    { page: "audit", view: { ...ALL_CHANGES, group: "reminders" } },
    { page: "users", view: ALL_USERS, id: null },
    { page: "users", view: { words: "a & b", status: "Locked - Failed Attempts" }, id: null },
    { page: "users", view: ALL_USERS, id: 5 },
    { page: "users", view: { words: "eve", status: null }, id: "new" },
    { page: "records" },
    { page: "record-list", module: "contacts", view: ALL_RECORDS },
    {
      page: "record-list",
      module: "activities",
      view: { words: "a & b", owner: "me", status: "Not Started" },
    },
    { page: "record-list", module: "leads", view: { words: "", owner: 5, status: null } },
    { page: "record-new", module: "leads" },
    { page: "record", module: "contacts", id: "A 7%ü?#&" },
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

describe("a user's route", () => {
  it("is what a notification of a lock-out leads to", () => {
    expect(readRoute("/administration/users/5")).toEqual({ page: "users", view: ALL_USERS, id: 5 });
  });

  it.each(["/administration/users/eve", "/administration/users/5/edit", "/administration/usersx"])(
    "is missing where none could be: %s",
    (address) => {
      expect(readRoute(address)).toEqual({ page: "missing" });
    },
  );

  it("leaves out a status that nobody has", () => {
    expect(readRoute("/administration/users?status=locked")).toEqual({
      page: "users",
      view: ALL_USERS,
      id: null,
    });
  });

  it("is one of the pages for administrators", () => {
    const pages = ["/administration/users", "/administration", "/profile"];
    expect(pages.map((address) => isAdministration(readRoute(address)))).toEqual([true, true, false]);
  });
});

describe("a record's route", () => {
  it.each(["/records/contacts/1/2", "/records/contacts/%E0%A4%A", "/records//1", "/recordsx"])(
    "is missing where none could be: %s",
    (address) => {
      expect(readRoute(address)).toEqual({ page: "missing" });
    },
  );

  it("leaves out an owner who makes no sense", () => {
    const view = { words: "x", owner: null, status: null };
    expect(readRoute("/records/leads/?assigned_to=you&q=%00x")).toEqual({
      page: "record-list",
      module: "leads",
      view,
    });
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
