import { readRoute, type Route, writeRoute } from "./route";

/** What history keeps beside the address: whether the entry before it is ours, so that Back leads back to it. */
interface Mark {
  isFollowed: boolean;
}

let route = $state.raw<Route>(readRoute(location.href));

/** Where one is. */
export function here(): Route {
  return route;
}

/** Goes somewhere. `replace` leaves no trace of where one was: for what is no place of its own to come back to. */
export function go(to: Route, { replace = false } = {}): void {
  const address = writeRoute(to);
  const mark: Mark = { isFollowed: replace ? isFollowed() : true };
  if (replace) history.replaceState(mark, "", address);
  else history.pushState(mark, "", address);
  route = to;
}

/** One step back if that was a place of ours, else to `otherwise`. */
export function goBack(otherwise: Route): void {
  if (isFollowed()) history.back();
  else go(otherwise, { replace: true });
}

function isFollowed(): boolean {
  return (history.state as Mark | null)?.isFollowed ?? false;
}

addEventListener("popstate", () => (route = readRoute(location.href)));

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
