// Packs pictures more tightly than a browser does, which is in a hurry.
/// <reference types="node" />
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = 8;

/** The same picture in fewer bytes: its pixels packed as tightly as zlib can, without what is not needed to show it. */
export function packed(png: Buffer): Buffer {
  const data: Buffer[] = [];
  let head: Buffer | undefined;
  for (let at = SIGNATURE; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") head = body;
    if (type === "IDAT") data.push(body);
    at += 12 + length;
  }
  if (!head) throw new Error("a PNG begins with its size");
  const pixels = deflateSync(inflateSync(Buffer.concat(data)), { level: 9, memLevel: 9 });
  const chunks = [chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([png.subarray(0, SIGNATURE), ...chunks]);
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(body.length, 0);
  named.copy(whole, 4);
  whole.writeUInt32BE(crc32(named), named.length + 4);
  return whole;
}
