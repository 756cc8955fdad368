// Icons as strokes on a grid of 24, drawn here and coloured by the text around them.

export const RING = "M21 12a9 9 0 1 1-18 0a9 9 0 0 1 18 0";
export const BELL = "M6 10a6 6 0 0 1 12 0c0 5 2 6 3 7H3c1-1 3-2 3-7M10 20a2 2 0 0 0 4 0";
export const CHECK = "M5 12l5 5L20 7";
export const CLOCK = RING + "M12 7v5l4 2";
export const ARCHIVE = "M3 4h18v5H3zM5 9v11h14V9M10 13h4";
export const CLOSE = "M6 6l12 12M18 6L6 18";

/** Which types have which icon and hue: the first whose words occur in the type's name. */
const TYPES: [words: RegExp, path: string, hue: number][] = [
  [/fail|breach/, RING + "M9 9l6 6M15 9l-6 6", 25],
  [/complete/, RING + "M8 12l3 3l5-6", 155],
  [/mention|reply/, "M4 5h16v11H9l-5 4z", 300],
  [/ticket/, "M3 6h18v4a2 2 0 0 0 0 4v4H3v-4a2 2 0 0 0 0-4zM14 6v12", 265],
  [/alert/, "M12 4l10 16H2zM12 10v4M12 17v0", 70],
  [/invoice|order/, "M5 3v18l3-2l4 2l4-2l3 2V3zM9 8h6M9 12h6", 230],
  [/payment|credit/, "M3 6h18v12H3zM3 10h18M6 14h4", 155],
  [/expir|remind|approach|date/, CLOCK, 70],
  [/reassign|convert/, "M4 8h16l-4-4M20 16H4l4 4", 200],
  [/assign/, "M16 8a4 4 0 1 1-8 0a4 4 0 0 1 8 0M4 20c0-4 4-6 8-6s8 2 8 6", 265],
  [/lock/, "M5 11h14v10H5zM8 11V8a4 4 0 0 1 8 0v3", 25],
  [/duplicate/, "M9 9h12v12H9zM5 15H3V3h12v2", 70],
  [/portal/, RING + "M3 12h18M12 3a14 14 0 0 1 0 18a14 14 0 0 1 0-18", 200],
];

/** The icon of a notification's type and its hue; the bell itself for any that is not known. */
export function typeIcon(type: string): [path: string, hue: number] {
  const [, path, hue] = TYPES.find(([words]) => words.test(type)) ?? [0, BELL, 265];
  return [path, hue];
}

/** The icon as an element; what it means is said by the text beside it. */
export function icon(path: string): SVGElement {
  const make = (tag: string, name: string, value: string) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    element.setAttribute(name, value);
    return element as SVGElement;
  };
  const svg = make("svg", "viewBox", "0 0 24 24");
  svg.ariaHidden = "true";
  svg.append(make("path", "d", path));
  return svg;
}
