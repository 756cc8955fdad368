/** How long a reminder keeps still that is put off for a moment, in milliseconds. */
const A_MOMENT_MS = 600_000;

/**
 * Until when a reminder is put off that came at an instant. It came by the server's clock, which may be ahead of this
 * device's: the server takes no time that it has passed.
 */
export function inAMoment(created: string, now: number): number {
  return Math.max(now, Date.parse(created)) + A_MOMENT_MS;
}
