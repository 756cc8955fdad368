import { readRoute, type Route, writeRoute } from "./route";

/** What history keeps beside the address. */
interface Mark {
  /** How many entries back the list stands from which one came to a notification; null where none does. */
  depth: number | null;
}

let route = $state.raw<Route>(readRoute(location.href));

/** Where one is. */
export function here(): Route {
  return route;
}

/** Whether one may go to a page now. Whoever says no sees to it that one is asked. */
type Guard = (to: Route) => boolean;

let guard: Guard | null = null;

/** Asks `mayGo` from now on before anybody leaves a page; null asks nobody. */
export function guardLeaving(mayGo: Guard | null): void {
  guard = mayGo;
}

/** Goes somewhere. `replace` leaves no trace of where one was: for what is no place of its own to come back to. */
export function go(to: Route, { replace = false } = {}): void {
  if (guard && !guard(to)) return;
  const address = writeRoute(to);
  const mark: Mark = { depth: depthOf(to, replace) };
  if (replace) history.replaceState(mark, "", address);
  else history.pushState(mark, "", address);
  route = to;
}

/** Back to the list from which one came to a notification, however many one has read since; or else to `list`. */
export function leaveDetail(list: Route): void {
  const depth = depthNow();
  if (depth) history.go(-depth);
  else go(list, { replace: true });
}

function depthOf(to: Route, replace: boolean): number | null {
  if (to.page !== "inbox" || to.id === null) return 0;
  const depth = depthNow();
  if (replace || depth === null) return depth;
  return route.page === "inbox" ? depth + 1 : null;
}

function depthNow(): number | null {
  const mark = history.state as Mark | null;
  return mark ? mark.depth : route.page === "inbox" && route.id !== null ? null : 0;
}

addEventListener("popstate", () => {
  const to = readRoute(location.href);
  if (!guard || guard(to)) route = to;
  // The browser has gone already: the page that one did not leave is put on top of where it went.
  else history.pushState({ depth: 0 } satisfies Mark, "", writeRoute(route));
});

/** Plain clicks on links to our own pages stay in the page; all others (new tab, download) are the browser's. */
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (event.defaultPrevented || !link || !isPlain || link.target || link.dataset.away !== undefined) return;
  const url = new URL(link.href, location.href);
  const isOurs = url.origin === location.origin && !url.hash;
  const to = isOurs ? readRoute(url.href) : { page: "missing" as const };
  if (to.page === "missing") return;
  event.preventDefault();
  go(to);
});
