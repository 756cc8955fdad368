/** Where list and preview do not stand side by side; the same width is in the style of InboxPage.svelte. */
export function isNarrow(): boolean {
  return matchMedia("(width < 45rem)").matches;
}

/** The pane that has the keyboard; null where none has. */
export function paneWithKeyboard(): "list" | "preview" | null {
  const pane = document.activeElement?.closest<HTMLElement>("[data-pane]")?.dataset.pane;
  return pane === "list" || pane === "preview" ? pane : null;
}
