/** How a value of the metadata is shown. */
export type Shape =
  | { kind: "none" }
  | { kind: "flag"; is: boolean }
  | { kind: "text"; text: string }
  | { kind: "time"; at: number }
  | { kind: "words"; words: string[] }
  | { kind: "list"; items: unknown[] }
  | { kind: "fields"; fields: Record<string, unknown> }
  | { kind: "table"; columns: string[]; rows: Record<string, unknown>[] };

/** How deep fields stand in fields; what is deeper is shown as it was sent. */
const DEEPEST = 5;

/** How many columns a table may have before its rows are shown one by one. */
const MOST_COLUMNS = 5;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** What kind of thing a value is, so that people can read it. */
export function shapeOf(value: unknown, depth: number): Shape {
  if (value === null || value === undefined || value === "") return { kind: "none" };
  if (typeof value === "boolean") return { kind: "flag", is: value };
  if (typeof value !== "object") return textOrTime(String(value));
  if (depth >= DEEPEST) return { kind: "text", text: JSON.stringify(value) };
  if (!Array.isArray(value)) {
    return hasFields(value) ? { kind: "fields", fields: value as Record<string, unknown> } : { kind: "none" };
  }
  if (value.length === 0) return { kind: "none" };
  if (value.every((item) => typeof item !== "object" || item === null)) {
    return { kind: "words", words: value.map(String) };
  }
  return tableOf(value) ?? { kind: "list", items: value };
}

function textOrTime(text: string): Shape {
  const at = TIME.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? { kind: "text", text } : { kind: "time", at };
}

/** Things with the same few simple members read best side by side. */
function tableOf(items: unknown[]): Shape | null {
  const rows = items.filter((item) => typeof item === "object" && item !== null && !Array.isArray(item));
  if (rows.length < items.length || items.length < 2) return null;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row as object)))];
  const areSimple = rows.every((row) =>
    Object.values(row as object).every((cell) => typeof cell !== "object" || cell === null),
  );
  if (!areSimple || columns.length === 0 || columns.length > MOST_COLUMNS) return null;
  return { kind: "table", columns, rows: rows as Record<string, unknown>[] };
}

/** Whether there is anything to show. */
export function hasFields(value: object): boolean {
  return Object.keys(value).length > 0;
}
