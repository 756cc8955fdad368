// Makes elements without HTML.

type Content = Node | string | null | undefined | false;

/** An element with attributes and content; what is false or missing is left out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | false | undefined> = {},
  ...content: Content[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...content.filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}
