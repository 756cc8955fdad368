import { expect, it } from "vitest";
import type { TemplateInfo } from "../../../../client/types";
import type { Group } from "./groups";
import { named } from "./references";
import { sayValue } from "./say";
import type { SettingField } from "./schema";

const field = (name: string): SettingField => ({
  name,
  title: name,
  about: "",
  kind: { kind: "number", isWhole: true, least: null, most: null },
  isNullable: true,
  usual: null,
});
const TEMPLATES = [
  { id: 1, kind: "email", name: "Letter" },
  { id: 8, kind: "pdf", name: "Order" },
] as TemplateInfo[];

const group = (key: string, values: Group["values"], fields: SettingField[]): Group => ({
  key,
  title: key,
  about: "",
  fields,
  values,
});
const offered = (one: SettingField | undefined) =>
  one?.kind.kind === "choice" ? one.kind.options.map(({ value, title }) => [value, title]) : one?.kind.kind;

it("offers templates of the right kind by name, one that is gone by its number", () => {
  const values = { email_template_id: 99, pdf_template_id: 8 };
  const orders = group("sales_orders", values, ["email_template_id", "pdf_template_id"].map(field));
  const [letter, document] = named(orders, TEMPLATES).fields;
  expect(offered(letter)).toEqual([
    [1, "Letter"],
    [99, "Number 99"],
  ]);
  expect(offered(document)).toEqual([[8, "Order"]]);
  expect(offered(named(orders, null).fields[0])).toBe("number");
});

it("says where nothing means the shipped one, in rules too", () => {
  const rules: SettingField = { ...field("rules"), kind: { kind: "rows", fields: [field("template")] } };
  const [shown] = named(group("personnel", { rules: [{ template: null }] }, [rules]), TEMPLATES).fields;
  const part = shown?.kind.kind === "rows" ? shown.kind.fields[0] : undefined;
  expect(offered(part)).toEqual([
    [null, "the shipped one"],
    [1, "Letter"],
  ]);
  expect(sayValue(part!, null, [])).toBe("the shipped one");
});

it("offers people by name, and leaves other numbers alone", () => {
  const portal = group("portal", {}, ["document_user_id", "default_response_hours"].map(field));
  expect(named(portal, null).fields.map(offered)).toEqual(["person", "number"]);
});
