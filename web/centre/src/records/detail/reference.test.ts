import { expect, it } from "vitest";
import type { ModuleInfo } from "../../../../client/types";
import { isReference, moduleReferredTo, referenceOf, withoutId } from "./reference";

const module = (name: string, singular: string): ModuleInfo => {
  return { name, title: name, singular, fields: [], announces: true };
};
const MODULES = [module("companies", "Company"), module("sales_orders", "Sales Order")];
const leads = (name: string, fields: Record<string, unknown>) => referenceOf(name, fields, MODULES);

it("leads to the record whose id a field holds", () => {
  expect(leads("company_id", { company_id: "7" })).toEqual({ module: "companies", id: "7" });
  expect(leads("sales_order_id", { sales_order_id: 42 })).toEqual({ module: "sales_orders", id: "42" });
  const request = { related_module: "companies", related_id: "a/b" };
  expect(leads("related_id", request)).toEqual({ module: "companies", id: "a/b" });
});

it("leads nowhere from any other field", () => {
  expect(leads("company_id", {})).toBeNull();
  expect(leads("company_id", { company_id: "" })).toBeNull();
  expect(leads("user_id", { user_id: 5 })).toBeNull();
  expect(leads("related_id", { related_module: "nowhere", related_id: "7" })).toBeNull();
  expect(leads("company", { company: "Initech" })).toBeNull();
});

it("knows the module of a field that holds nothing yet", () => {
  const named = (name: string, fields = {}) => moduleReferredTo(name, fields, MODULES)?.name;
  expect(named("company_id")).toBe("companies");
  expect(named("related_id", { related_module: "sales_orders" })).toBe("sales_orders");
  expect([named("related_id"), named("user_id"), named("company")]).toEqual(Array(3).fill(undefined));
  const names = ["company_id", "related_id", "user_id", "company", "constructor_id", "_id"];
  expect(names.filter((name) => isReference(name, MODULES))).toEqual(["company_id", "related_id"]);
});

it("says what a field means without the id", () => {
  expect(withoutId("What it is for: id of a record of sales_orders")).toBe("What it is for");
  expect(withoutId("Id of the record that it is about")).toBe("The record that it is about");
  expect(withoutId("The contact that it was converted into")).toBe("The contact that it was converted into");
});
