import type { Format } from '../storage/format.ts'
import { decodeValue, encodeValue } from '../storage/format.ts'
import type { Event, Machine } from './machine.ts'

/** What a shard has on disk beside the rows of its kinds. */
export const FORMATS = {
  /** A copy's own numbers. */
  copy: { kind: 'copy', version: 1 },
  /** The entries of one append. */
  record: { kind: 'record', version: 1 },
  /** The events of one entry: its version goes up when an event of any kind changes. */
  entry: { kind: 'entry', version: 1 },
  /** What is left of entries that were dropped. */
  proof: { kind: 'proof', version: 1 },
  /** A finished row, and the index it stands for. */
  history: { kind: 'history', version: 1 },
  /** A row that left history. */
  gone: { kind: 'gone', version: 1 },
  /** How a finished row stands in lists. */
  summary: { kind: 'summary', version: 1 },
} as const satisfies Record<string, Format>

type Kinds = Machine['kinds']

export function encodeEvents(kinds: Kinds, events: readonly Event[]): Uint8Array {
  const brief = events.map((event) => kinds[event.kind]?.briefEvent?.(event) ?? event)
  return encodeValue(FORMATS.entry, brief)
}

export function decodeEvents(kinds: Kinds, bytes: Uint8Array): readonly Event[] {
  const brief = decodeValue(FORMATS.entry, bytes) as readonly Event[]
  return brief.map((event) => kinds[event.kind]?.wholeEvent?.(event) ?? event)
}
