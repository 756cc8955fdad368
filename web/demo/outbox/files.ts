// What hangs on an e-mail, taken out of its source: nobody but the browser has to know it.

/** A file as it was sent. */
export interface File {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The files of an e-mail in their order; of what is not written in base64, as everything of ours is, null. */
export function filesOf(source: string): (File | null)[] {
  return source
    .split(/\r?\n--[^\r\n]+(?=\r?\n|$)/)
    .map(partOf)
    .filter(({ headers }) => /^content-disposition:\s*attachment/im.test(headers))
    .map(({ headers, body }) => {
      if (!/^content-transfer-encoding:\s*base64/im.test(headers)) return null;
      const type = /^content-type:\s*([^\s;]+)/im.exec(headers)?.[1] ?? "application/octet-stream";
      const bytes = Uint8Array.from(atob(body.replace(/\s+/g, "")), (letter) => letter.charCodeAt(0));
      return { type, bytes };
    });
}

/** Headers end at the first empty line. */
function partOf(part: string): { headers: string; body: string } {
  const trimmed = part.replace(/^\r?\n/, "");
  const end = /\r?\n\r?\n/.exec(trimmed);
  if (!end) return { headers: trimmed, body: "" };
  return { headers: trimmed.slice(0, end.index), body: trimmed.slice(end.index + end[0].length) };
}
