/** Light or dark, or as the device is set. */
export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const THEME = "belfry:theme";
const SHORTCUTS = "belfry:shortcuts";

/** Storage may be switched off; then a choice holds as long as the page does. */
function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice holds until the page is closed.
  }
}

let theme = $state<Theme>("auto");
let hasShortcuts = $state(true);

/** What is kept in this browser, for it alone. */
export const device = {
  get theme(): Theme {
    return theme;
  },
  set theme(wish: Theme) {
    store(THEME, wish);
    read();
  },
  /** Whether single keys act; some people's input devices type by themselves (WCAG 2.1.4). */
  get hasShortcuts(): boolean {
    return hasShortcuts;
  },
  set hasShortcuts(wish: boolean) {
    store(SHORTCUTS, wish ? "on" : "off");
    hasShortcuts = wish;
  },
};

function read(): void {
  theme = THEMES.find((known) => known === stored(THEME)) ?? "auto";
  hasShortcuts = stored(SHORTCUTS) !== "off";
  document.documentElement.dataset.theme = theme;
}

read();
addEventListener("storage", read);
