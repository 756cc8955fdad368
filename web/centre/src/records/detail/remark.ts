/** Who gets to read what is said about a ticket, beside whom the centre tells. */
export type Audience = "team" | "customer" | "nobody";

/** Whether a text mentions somebody or tries to: then it is for colleagues, unless somebody says otherwise. */
export function isAmongColleagues(text: string): boolean {
  return /(?<![\p{Alphabetic}\p{N}])@[\p{Alphabetic}\p{N}_"“„]/u.test(text);
}

/** Who reads a remark; null for what the customer said, and while nobody knows who is written to. */
export function audienceOf(remark: {
  isCustomers: boolean;
  isInternal: boolean;
  writesTo: string | null | undefined;
}): Audience | null {
  if (remark.isCustomers) return null;
  if (remark.isInternal) return "team";
  if (remark.writesTo === undefined) return null;
  return remark.writesTo === null ? "nobody" : "customer";
}
