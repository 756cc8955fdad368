// Waiting for what must come, without sleeping.
/// <reference types="node" />
import { setTimeout as pause } from "node:timers/promises";

/** How often is looked, in milliseconds. */
const GRAIN_MS = 25;

/** Waits until `look` gives something true, and gives it. What it throws in the end is thrown. */
export async function eventually<Found>(
  what: string,
  within: number,
  look: () => Promise<Found> | Found,
): Promise<NonNullable<Found>> {
  const end = performance.now() + within;
  for (;;) {
    const isLast = performance.now() >= end;
    try {
      const found = await look();
      if (found) return found;
      if (isLast) throw new Error(`waited ${within} ms for ${what}`);
    } catch (error) {
      if (isLast) throw error;
    }
    await pause(GRAIN_MS);
  }
}

/** How long `act` takes, in milliseconds. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}
