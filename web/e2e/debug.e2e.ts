import { Bell } from "./harness/bell";
import { test } from "./harness/test";
test("dbg", async ({ server, visit, person }) => {
  await server.sendAll(person, ["One", "Two", "Three", "Four", "Five"].map((title) => ({ title })));
  const v = await visit({ as: person });
  const bell = new Bell(await v.open("/demo/crm"));
  await bell.shows(5);
  await bell.open();
  await bell.row("Three").hover();
  console.log(await bell.rows.evaluateAll((all) => all.map((li) => JSON.stringify(li.getBoundingClientRect()))));
  await bell.page.screenshot({path: "/tmp/e2e/dbg.png"});
});
