// Files come out of an e-mail's source as they went in.
import { expect, test } from "vitest";
import { filesOf } from "./files";

const SOURCE = [
  "From: crm@example.com",
  'Content-Type: multipart/mixed; boundary="a"',
  "",
  "--a",
  'Content-Type: multipart/alternative; boundary="b"',
  "",
  "--b",
  "Content-Type: text/plain",
  "",
  "Content-Disposition: attachment is only said here.",
  "-- ",
  "Ann",
  "--b--",
  "--a",
  "Content-Type: application/pdf;",
  ' name="Order.pdf"',
  "Content-Disposition: attachment; filename=Order.pdf",
  "Content-Transfer-Encoding: base64",
  "",
  "JVBERi0x",
  "LjcK",
  "--a",
  "Content-Type: text/csv",
  'Content-Disposition: attachment; filename="list.csv"',
  "",
  "a,b",
  "--a--",
  "",
].join("\r\n");

test("the attachments of an e-mail, in their order", () => {
  const [pdf, csv, ...more] = filesOf(SOURCE);
  expect(pdf?.type).toBe("application/pdf");
  expect(new TextDecoder().decode(pdf?.bytes)).toBe("%PDF-1.7\n");
  expect(csv).toBeNull();
  expect(more).toEqual([]);
});

test("an e-mail without any", () => {
  expect(filesOf("From: a@example.com\r\n\r\nWords\r\n")).toEqual([]);
});
