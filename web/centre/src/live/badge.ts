const BELL =
  "M16 5a7.4 7.4 0 0 1 7.4 7.4c0 5.9 2.6 7.7 2.6 9.4H6c0-1.7 2.6-3.5 2.6-9.4A7.4 7.4 0 0 1 16 5zM13 24.5a3.1 3.1 0 0 0 6 0";

/** The page's icon: the bell, with a dot and a number on it where something is unread. */
export function iconOf(unread: number): string {
  const words = unread > 99 ? "99+" : String(unread);
  const width = 10 + words.length * 6;
  const badge = `<rect x="${32 - width}" y="0" width="${width}" height="16" rx="8" fill="#d12f3c"/><text x="${32 - width / 2}" y="12.3" font-size="12" font-weight="700" text-anchor="middle" fill="#fff" font-family="sans-serif">${words}</text>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#3350d2"/><path d="${BELL}" fill="none" stroke="#fff" stroke-width="2.4" stroke-linejoin="round" stroke-linecap="round"/>${unread > 0 ? badge : ""}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Shows how many are unread wherever one may look for it: the tab's title and icon, and the installed app's badge. */
export function showBadge(title: string, unread: number): void {
  document.title = (unread > 0 ? `(${unread > 99 ? "99+" : unread}) ` : "") + title;
  const old = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const href = iconOf(unread);
  if (old?.href !== href) {
    // Browsers look at a new element, not always at a changed one.
    const icon = document.createElement("link");
    icon.rel = "icon";
    icon.href = href;
    old?.remove();
    document.head.append(icon);
  }
  if ("setAppBadge" in navigator) {
    const told = unread > 0 ? navigator.setAppBadge(unread) : navigator.clearAppBadge();
    told.catch(() => {});
  }
}
