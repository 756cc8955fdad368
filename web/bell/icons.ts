// Icons as strokes on a grid of 24, drawn here and coloured by the text around them.

const RING = "M21 12a9 9 0 1 1-18 0a9 9 0 0 1 18 0";

export const BELL = "M6 9.5a6 6 0 0 1 12 0c0 6 2.5 6.5 2.5 8h-17c0-1.5 2.5-2 2.5-8M10 20.5a2.2 2.2 0 0 0 4 0";
export const CHECK = "M4.5 12.5l5 5L20 7";
export const MAIL = "M3 6h18v12H3zl9 7l9-7";
export const CLOCK = RING + "M12 7v5l3.5 2";
export const ARCHIVE = "M3 4h18v5H3zM5 9v11h14V9M10 13h4";
export const CLOSE = "M6 6l12 12M18 6L6 18";
export const CHECKS = "M2 13l4.5 4.5L16 8M12 16.5l1 1L22.5 8";

/** Which types have which icon and tone: the first whose words occur in the type's name. */
const TYPES: [words: RegExp, path: string, tone: string][] = [
  [/fail|breach/, RING + "M9 9l6 6m0-6l-6 6", "bad"],
  [/complete/, RING + "M8 12.5l2.7 2.7L16 9.5", "good"],
  [/mention/, "M16 12a4 4 0 1 1-8 0a4 4 0 0 1 8 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-4 7.5", ""],
  [/ticket/, "M3 9V6h18v3a3 3 0 0 0 0 6v3H3v-3a3 3 0 0 0 0-6M14.5 6v2m0 3v2m0 3v2", ""],
  [/reply/, "M9 6L3.5 11.5L9 17M3.5 11.5H14a6.5 6.5 0 0 1 6.5 6.5v.5", ""],
  [/alert/, "M12 3.5L22 20.5H2zM12 10v4.5m0 3v.1", "warn"],
  [/invoice|order/, "M5 3v18l2.5-2l2.5 2l2-2l2 2l2.5-2l2.5 2V3zM9 8h6m-6 4h6", ""],
  [/payment|credit/, "M3 6h18v12H3zM3 10.5h18M6.5 14.5h4", "good"],
  [/expir|remind|approach/, CLOCK, "warn"],
  [/reassign|convert/, "M4 8h15l-4-4M20 16H5l4 4", ""],
  [/assign/, "M16 8a4 4 0 1 1-8 0a4 4 0 0 1 8 0M4 20.5c.6-4 3.8-6 8-6s7.4 2 8 6", ""],
  [/lock/, "M5 11h14v10H5zM8 11V7.5a4 4 0 0 1 8 0V11", "bad"],
  [/date/, "M4 6h16v15H4zM4 10.5h16M8.5 3v5m7-5v5", ""],
  [/duplicate/, "M9 9h12v12H9zM5 15H3V3h12v2", ""],
  [/portal/, RING + "M3 12h18M12 3c-5 5-5 13 0 18c5-5 5-13 0-18", ""],
  [/manual/, "M4 9.5v5l12 5v-15zM16 9a3 3 0 0 1 0 6M7 16v4.5h3V17", ""],
];

/** The icon of a notification's type and its tone; the bell itself for any that is not known. */
export function typeIcon(type: string): [path: string, tone: string] {
  const [, path, tone] = TYPES.find(([words]) => words.test(type)) ?? [0, BELL, ""];
  return [path, tone];
}

const SVG = "http://www.w3.org/2000/svg";

/** The icon as an element; what it means is said by the text beside it. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.ariaHidden = "true";
  const stroke = document.createElementNS(SVG, "path");
  stroke.setAttribute("d", path);
  svg.append(stroke);
  return svg;
}
