// Icons as strokes on a grid of 24, drawn here and coloured by the text around them.

export const RING = "M12 3a9 9 0 1 0 .1 0z";
export const BELL = "M6 10a6 6 0 0 1 12 0c0 5 2 6 3 7H3c1-1 3-2 3-7M10 20a2 2 0 0 0 4 0";
export const CHECK = "M5 12l5 5L20 7";
export const CLOCK = RING + "M12 7v5l4 2";
export const ARCHIVE = "M3 4h18v5H3zM5 9v11h14V9M10 13h4";

/**
 * Types have the first icon whose words occur in their name. The order is one of hues, evenly spread, from red
 * over amber, green and blue to pink.
 */
const TYPES: [words: RegExp, path: string][] = [
  [/fail|breach|lock/, RING + "M9 9l6 6M15 9l-6 6"],
  [/alert|duplicate/, "M12 4l10 16H2zM12 10v4M12 16v2"],
  [/expir|remind|approach|_date/, CLOCK],
  [/record|reassign|convert|portal/, "M12 4a4 4 0 1 0 .1 0zM4 20c0-7 16-7 16 0"],
  [/complete/, RING + "M8 12l3 3l5-6"],
  [/payment|credit|invoice|order/, "M3 6h18v12H3zM3 10h18M6 14h4"],
  [/ticket_[^m]/, "M3 6h18v12H3zM8 6v12"],
  [/mention|reply/, "M4 5h16v11H9l-5 4z"],
  [/(?:)/, BELL],
];

/** The icon of a notification's type and its hue in degrees; the bell itself for any that is not known. */
export function typeIcon(type: string): [path: string, hue: number] {
  const index = TYPES.findIndex(([words]) => words.test(type));
  return [TYPES[index]![1], 25 + 33 * index];
}

/** The icon as an element; what it means is said by the text beside it. */
export function icon(path: string): SVGElement {
  const [svg, stroke] = ["svg", "path"].map((tag) =>
    document.createElementNS("http://www.w3.org/2000/svg", tag),
  );
  svg!.setAttribute("viewBox", "0 0 24 24");
  stroke!.setAttribute("d", path);
  svg!.append(stroke!);
  return svg as SVGElement;
}
