import type { Connection } from './connection.ts'

/** Data older than this may have been overtaken: nothing is destroyed on the strength of it. */
export const STALE_MS = 5_000

/** How long ago the page last heard anything: until then, it has missed nothing. */
export function ageMs({ heardMs }: Connection, nowMs: number): number {
  return heardMs === undefined ? Infinity : Math.max(0, nowMs - heardMs)
}

/** Whether what is shown is too old to act on. */
export function stale(connection: Connection, nowMs: number): boolean {
  return ageMs(connection, nowMs) > STALE_MS
}
