import { expect, it, vi } from "vitest";
import { Refusal } from "../../../client/api";
import { References } from "./references";

const company = (id: string) => ({ module: "companies", id });
const settled = () => new Promise((resolve) => setTimeout(resolve));

it("asks for each record once, and for several at once", async () => {
  const answers: (() => void)[] = [];
  const find = vi.fn((_: string, id: string) => {
    return new Promise<{ label: string }>((resolve) => answers.push(() => resolve({ label: `No. ${id}` })));
  });
  const references = new References(find);
  const all = Array.from({ length: 8 }, (_, index) => company(String(index)));
  references.learn([...all, ...all]);
  references.learn(all);
  expect(find).toHaveBeenCalledTimes(6);
  expect(references.labelOf(company("0"))).toBeUndefined();
  while (answers.length > 0) {
    answers.shift()?.();
    await settled();
  }
  expect(find).toHaveBeenCalledTimes(8);
  expect(all.map((one) => references.labelOf(one))).toEqual(all.map(({ id }) => `No. ${id}`));
});

it("does not ask for what it met, nor again for what is not there", async () => {
  const find = vi.fn(() => Promise.reject(new Refusal(404, "There is no such record.")));
  const references = new References(find);
  references.meet({ ...company("7"), label: "Acme" });
  references.learn([company("7"), company("8")]);
  await settled();
  references.learn([company("7"), company("8")]);
  expect(find.mock.calls).toEqual([["companies", "8"]]);
  expect([references.labelOf(company("7")), references.labelOf(company("8"))]).toEqual(["Acme", null]);
  references.meet({ ...company("8"), label: "Made meanwhile" });
  expect(references.labelOf(company("8"))).toBe("Made meanwhile");
  references.forget(company("7"));
  expect(references.labelOf(company("7"))).toBeNull();
});

it("asks again where the server could not be asked", async () => {
  const find = vi.fn().mockRejectedValueOnce(new Refusal(0, "Offline")).mockResolvedValue({ label: "Acme" });
  const references = new References(find);
  references.learn([company("7")]);
  await settled();
  expect(references.labelOf(company("7"))).toBeNull();
  references.learn([company("7")]);
  await settled();
  expect(references.labelOf(company("7"))).toBe("Acme");
});
