// Builds elements. Text only ever becomes text: there is no markup in a string anywhere.

type Properties<Tag extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[Tag], "style" | "part" | "classList">
>;

type Child = Node | string | null | undefined | false;

/** An element whose class is also its part, so that whatever has a name can be styled from outside by ::part. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  name: string,
  properties?: Properties<Tag>,
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = Object.assign(document.createElement(tag), properties);
  element.setAttribute("part", (element.className = name));
  fill(element, ...children);
  return element;
}

/** Makes `parent` hold these and nothing else. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...(children.filter((child) => child) as Node[]));
}
