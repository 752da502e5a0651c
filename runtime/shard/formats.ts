import type { Format } from '../storage/format.ts'
import { decodeValue, encodeValue } from '../storage/format.ts'
import type { Event } from './machine.ts'

/** What a shard has on disk beside the rows of its kinds. */
export const FORMATS = {
  /** A copy's own numbers. */
  copy: { kind: 'copy', version: 1 },
  /** The entries of one append. */
  record: { kind: 'record', version: 1 },
  /** The events of one entry: its version goes up when an event of any kind changes. */
  entry: { kind: 'entry', version: 1 },
  /** A finished row, and the index it stands for. */
  history: { kind: 'history', version: 1 },
  /** How a finished row stands in lists. */
  summary: { kind: 'summary', version: 1 },
} as const satisfies Record<string, Format>

export function encodeEvents(events: readonly Event[]): Uint8Array {
  return encodeValue(FORMATS.entry, events)
}

export function decodeEvents(bytes: Uint8Array): readonly Event[] {
  return decodeValue(FORMATS.entry, bytes) as readonly Event[]
}
