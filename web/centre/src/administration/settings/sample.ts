import type { Schema } from "../../../../client/types";

/** A schema for tests, with a field of every kind, written as the server writes its own. */
export const SAMPLE: Schema = {
  title: "Sample Settings",
  description: "How samples are\ntaken.",
  type: "object",
  additionalProperties: false,
  $defs: {
    Missed: {
      description: "What of several missed ones is sent.",
      oneOf: [
        { const: "newest", description: "Only the newest.", type: "string" },
        { const: "all", description: "Each of them.", type: "string" },
      ],
    },
    Way: { type: "string", enum: ["email", "webhook"] },
    Pair: { type: "object", properties: { left: { type: "integer" } } },
  },
  properties: {
    default_minutes: {
      title: "Default Minutes",
      description: "How long before the start\nof an `activity`.",
      type: "integer",
      minimum: 0,
      maximum: 59,
      default: 15,
    },
    is_on: { type: "boolean", default: true },
    missed: { $ref: "#/$defs/Missed", title: "Missed ones", default: "newest" },
    assigned: {
      title: "New user",
      type: "object",
      additionalProperties: { type: "boolean", default: true },
      default: {},
    },
    weekdays: {
      type: "object",
      properties: { mon: { type: "boolean" }, tue: { type: "boolean" } },
      default: { mon: true, tue: false },
    },
    cc_address: { title: "Copy to", type: "string", format: "email", maxLength: 254, default: "" },
    addresses: { type: "array", items: { type: "string", format: "email" }, default: [] },
    ways: { type: "array", items: { $ref: "#/$defs/Way" }, default: ["email"] },
    limit: { type: ["number", "null"], default: null },
    which: { anyOf: [{ $ref: "#/$defs/Missed" }, { type: "null" }], default: null },
    token: { type: "string", writeOnly: true, default: "" },
    rows: { type: "array", items: { $ref: "#/$defs/Pair" }, default: [] },
    hours: { type: "object", additionalProperties: { type: "number" }, default: {} },
    opens: {
      type: "object",
      format: "opening-hours",
      properties: { mon: { type: "array" } },
      default: { mon: ["09:00", "17:00"], tue: ["09:00", "17:00"], fri: [] },
    },
    anything: { default: null },
  },
};
