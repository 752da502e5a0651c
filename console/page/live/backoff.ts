/** When a page tries again after it lost its node. Unit: ms. */
export const BACKOFF = {
  firstMs: 250,
  capMs: 10_000,
  /** A connection that held for so long starts the schedule anew. */
  stableMs: 30_000,
} as const

/**
 * Full jitter: anywhere between at once and a ceiling that doubles up to the cap, so that the pages
 * of a node that restarts do not all come back in the same moment. `chance` is in [0, 1).
 */
export function backoffMs(failures: number, chance: number): number {
  return Math.floor(chance * Math.min(BACKOFF.capMs, BACKOFF.firstMs * 2 ** failures))
}
