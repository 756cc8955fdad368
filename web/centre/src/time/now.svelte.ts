let instant = $state(Date.now());

/** Relative times grow old by themselves: half a minute is as fine as they are said. */
setInterval(() => (instant = Date.now()), 30_000);

/** The time, for what is shown; reading it in a component keeps that up to date. */
export function now(): number {
  return instant;
}
