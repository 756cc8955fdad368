// Which links are shown as links. The server judges them when they are sent; pages judge them again.

/** White space, what controls or formats (marks that turn the direction of writing or take no room), backslashes. */
const UNSEEN = /[\s\p{C}\\]/u;

/**
 * The link if a click may follow it, else null: an absolute http(s) URL without a name before its host, or a path
 * that begins with one slash. A path is resolved by the page that shows it, for it means the CRM's own.
 */
export function safeLink(link: string | null | undefined): string | null {
  const isGood =
    link &&
    !UNSEEN.test(link) &&
    /^(\/(?!\/)|https?:\/\/[^/?#@]+([/?#]|$))/i.test(link) &&
    URL.canParse(link, location.origin);
  return isGood ? link : null;
}

/** Whether a safe link leads away from this page's origin, so that it opens in a tab of its own. */
export function isOffSite(link: string): boolean {
  return new URL(link, location.origin).origin != location.origin;
}
