/** Bidirectional controls, zero-width characters and other signs that change what one sees without being seen. */
const HIDDEN = /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/;

/** C0 but for tab and line feed, which one sees; DEL and C1. */
const CONTROLS = /[\0-\x08\v-\x1f\x7f-\x9f]/;

const ALL = new RegExp(`${HIDDEN.source}|${CONTROLS.source}`, "g");

/** A stranger's words with everything in them that one would not see, as programmers write it: `\x1b[31m`, `\u202e`. */
export function visible(text: string): string {
  return text.replace(ALL, (sign) => {
    const code = sign.charCodeAt(0);
    if (sign === "\r") return "\\r";
    const digits = code.toString(16);
    return code < 0x100 ? `\\x${digits.padStart(2, "0")}` : `\\u${digits.padStart(4, "0")}`;
  });
}
