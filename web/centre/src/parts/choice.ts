/** What a combobox offers. */
export interface Choice {
  /** What it stands for; null: nothing is chosen */
  key: string | number | null;
  name: string;
  /** What tells it from others of its name */
  beside?: string | undefined;
  /** Nobody found it: it is what was typed */
  isTyped?: boolean;
}

/** What there is to choose from, before what was typed and after. */
export interface Offer {
  /** What one types, without spaces around it */
  words: string;
  found: readonly Choice[];
  /** What it says where nothing is chosen: then one may choose that too */
  empty?: string | undefined;
  /** What it says of taking the words themselves: then one may choose that too */
  asTyped?: ((words: string) => string) | undefined;
}

/** Nothing first, unless one looks for something; then what was found; at last the words themselves. */
export function choicesOf({ words, found, empty, asTyped }: Offer): readonly Choice[] {
  const isOwn = asTyped !== undefined && words !== "" && !found.some(({ key }) => String(key) === words);
  return [
    ...(words !== "" || empty === undefined ? [] : [{ key: null, name: empty }]),
    ...found,
    ...(isOwn ? [{ key: words, name: asTyped(words), isTyped: true }] : []),
  ];
}

/**
 * Where Enter goes before one moved: to the first while one looks for something, else to what is chosen. Never to what
 * nobody found, which is for a hand to take; -1 is nowhere.
 */
export function firstOf(choices: readonly Choice[], chosen: Choice["key"], isTyping: boolean): number {
  const isLed = isTyping || chosen === null;
  const at = isLed ? 0 : choices.findIndex(({ key }) => key === chosen);
  return choices[at] && !choices[at].isTyped ? at : -1;
}
