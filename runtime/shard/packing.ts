import type { DurableKind, Event } from './machine.ts'

/** How a shard's values become bytes. Handed in, so that the shard knows no format. */
export interface Packing {
  pack(value: unknown): Uint8Array
  unpack(bytes: Uint8Array): unknown
  packRow(kind: DurableKind, row: unknown): Uint8Array
  /** Reads rows of every version up to the kind's own. */
  row(kind: DurableKind, bytes: Uint8Array): unknown
  packEvents(events: readonly Event[]): Uint8Array
  events(bytes: Uint8Array): readonly Event[]
}
