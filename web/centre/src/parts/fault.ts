import { reasonOf } from "../session/reason";

/** What went wrong, and with which field; null where it is none's in particular. */
export interface Fault<Field extends string = string> {
  field: Field | null;
  reason: string;
}

/** A refusal as a fault of the field that the server's sentence names. */
export function faultOf<Field extends string>(error: unknown, fields: readonly Field[]): Fault<Field> {
  const reason = reasonOf(error);
  return { field: fields.find((known) => new RegExp(`\\b${known}\\b`).test(reason)) ?? null, reason };
}
