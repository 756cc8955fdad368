import { afterEach, describe, expect, it, vi } from "vitest";
import { Refusal } from "../../../../client/api";
import type { User } from "../../../../client/types";
import { ALL_USERS } from "../../route";
import { speak } from "../../text/text.svelte";
import { rolesSaid } from "./say";
import { changesOf, creationOf, draftOf, faultOfUser, freshDraft, usersOf, withRole } from "./users";

const EVE: User = {
  id: 5,
  email: "eve@example.com",
  name: "Eve Sales",
  roles: ["support", "finance"],
  status: "Locked - Failed Attempts",
  time_zone: "Europe/London",
  language: "pt-BR",
  reports_to: 7,
  on_support: false,
  created_at: "2026-11-22T10:00:00Z",
  updated_at: "2026-11-22T10:00:00Z",
};

afterEach(() => speak("en"));

describe("what is sent of a user", () => {
  const stored = draftOf(EVE);

  it("is nothing where nothing changed, however the roles are ordered", () => {
    expect(changesOf(stored, { ...stored, roles: ["finance", "support"] })).toEqual({});
  });

  it("is what changed and nothing else, so that what another administrator did meanwhile stays", () => {
    const draft = {
      ...stored,
      name: "Eve Adams",
      reports_to: null,
      on_support: true,
      password: "a new secret",
    };
    expect(changesOf(stored, { ...draft, roles: [] })).toEqual({
      name: "Eve Adams",
      roles: [],
      reports_to: null,
      on_support: true,
      password: "a new secret",
    });
  });

  it("leaves to the server what a new one is not given", () => {
    const fresh = { ...freshDraft("Europe/Berlin", "de"), name: "Kim", email: "kim@example.com" };
    const made = {
      name: "Kim",
      email: "kim@example.com",
      roles: [],
      time_zone: "Europe/Berlin",
      language: "de",
    };
    expect(creationOf(fresh)).toEqual(made);
    const more = { ...fresh, password: "their first one", reports_to: 5 };
    expect(creationOf(more)).toEqual({ ...made, password: "their first one", reports_to: 5 });
  });
});

describe("the roles of a user", () => {
  it("come and go one by one, in the order in which they are shown", () => {
    expect(withRole(["customer", "support"], "admin", true)).toEqual(["admin", "support", "customer"]);
    expect(withRole(["admin"], "admin", true)).toEqual(["admin"]);
    expect(withRole(["admin", "finance"], "admin", false)).toEqual(["finance"]);
  });

  it("are said as people call them", () => {
    expect(rolesSaid(["admin", "constructor", "night_watch"])).toBe(
      "Administrator, Constructor, Night watch",
    );
    expect(rolesSaid([])).toBe("no role");
  });
});

describe("a refusal", () => {
  const refused = (status: number, reason: string) => faultOfUser(new Refusal(status, reason));

  it("stands at the field that it is about", () => {
    const reason = "email must be an e-mail address such as ann@example.com, in ASCII";
    expect(refused(400, reason)).toEqual({ field: "email", reason });
    expect(refused(400, "name is required").field).toBe("name");
    expect(refused(400, "password must be 8 to 1024 characters long").field).toBe("password");
    expect(refused(400, 'time_zone is not known; did you mean "Europe/Rome"?').field).toBe("time_zone");
  });

  it("is said in the reader's language where we know what it means", () => {
    const taken = "A user with this email exists already; choose another email";
    const onSelf = "Nobody reports to themselves; name another user";
    const last = "This is the last active administrator; make somebody else one first";
    speak("de");
    expect(refused(409, taken)).toMatchObject({
      field: "email",
      reason: expect.stringMatching(/^Diese E-Mail-Adresse/),
    });
    expect(refused(409, onSelf)).toMatchObject({
      field: "reports_to",
      reason: expect.stringMatching(/^Niemand berichtet an sich selbst/),
    });
    expect(refused(409, last)).toMatchObject({
      field: null,
      reason: expect.stringMatching(/^Das ist der letzte/),
    });
  });

  it("keeps the server's own words otherwise", () => {
    expect(refused(404, "User 5 not found")).toEqual({ field: null, reason: "User 5 not found" });
  });
});

it("asks for a page of those that match", async () => {
  const answer = () => Promise.resolve(Response.json({ users: [], next_cursor: null }));
  const fetch = vi.spyOn(globalThis, "fetch").mockImplementation(answer);
  await usersOf(ALL_USERS, null);
  await usersOf({ words: "é".repeat(150), status: "Locked - Failed Attempts" }, "50");
  const [all, some] = fetch.mock.calls.map(([url]) => new URL(String(url), "http://here"));
  expect(all?.search).toBe("?limit=50");
  expect(Object.fromEntries(some!.searchParams)).toEqual({
    q: "é".repeat(100),
    status: "Locked - Failed Attempts",
    cursor: "50",
    limit: "50",
  });
});
