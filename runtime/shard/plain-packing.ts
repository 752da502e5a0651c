import { decodeValue, encodeValue, pack, unpack } from '../storage/codec.ts'
import type { Event } from './machine.ts'
import type { Packing } from './packing.ts'

/** The formats of the store: rows say their kind and version, entries are lists of events. */
export const plainPacking: Packing = {
  pack,
  unpack,
  packRow: (kind, row) => encodeValue(kind.kind, kind.version, row),
  row: (kind, bytes) => decodeValue(bytes, kind.kind, kind.upcasters ?? []),
  packEvents: (events) => pack(events),
  events: (bytes) => unpack(bytes) as readonly Event[],
}
