import { Packr, Unpackr } from 'msgpackr'
import { RuntimeError } from '../errors.ts'

/** How deep a stored or received value may nest. */
export const DEPTH_MAX = 32

// Without shared structures, so that each value can be read alone, by any build, in any language.
const packr = new Packr({ useRecords: false, variableMapSize: true })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true })

/**
 * Plain data as msgpack. Keys are sorted, so that equal values have equal bytes; money travels as
 * decimal strings, because a `bigint` is not portable.
 */
export function pack(value: unknown): Uint8Array {
  return packr.pack(sorted(value, 0))
}

/** Reads what `pack` wrote. Throws `STORE_CORRUPT` for anything else, and for keys that poison objects. */
export function unpack(bytes: Uint8Array): unknown {
  let value: unknown
  try {
    value = unpackr.unpack(bytes)
  } catch (error) {
    throw new RuntimeError('STORE_CORRUPT', 'Cannot read a value: it is not msgpack', {
      cause: error,
    })
  }
  check(value, 0)
  return value
}

function check(value: unknown, depth: number): void {
  if (depth > DEPTH_MAX) throw tooDeep()
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return
  if (Array.isArray(value)) {
    for (const part of value) check(part, depth + 1)
    return
  }
  for (const key in value) {
    if (key === '__proto__' || key === '__proto_') {
      throw new RuntimeError('STORE_CORRUPT', `Cannot read a value: it has the key "${key}"`)
    }
    check((value as Record<string, unknown>)[key], depth + 1)
  }
}

/** The same value with keys in order; the same object where they are already, as in most rows. */
function sorted(value: unknown, depth: number): unknown {
  if (depth > DEPTH_MAX) throw tooDeep()
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return sortedList(value, depth)
  return sortedRecord(value as Record<string, unknown>, depth)
}

function sortedList(list: readonly unknown[], depth: number): readonly unknown[] {
  const parts = list.map((part) => sorted(part, depth + 1))
  return parts.some((part, at) => part !== list[at]) ? parts : list
}

function sortedRecord(record: Record<string, unknown>, depth: number): unknown {
  let changed = false
  let previous = ''
  const ordered: Record<string, unknown> = {}
  for (const key in record) {
    const part = record[key]
    if (part === undefined) {
      changed = true // Left out, as in JSON: absent and undefined are one value.
      continue
    }
    if (key < previous) return sortedRecord(inKeyOrder(record), depth)
    previous = key
    const inOrder = sorted(part, depth + 1)
    changed ||= inOrder !== part
    ordered[key] = inOrder
  }
  return changed ? ordered : record
}

function inKeyOrder(record: Record<string, unknown>): Record<string, unknown> {
  const ordered: Record<string, unknown> = {}
  for (const key of Object.keys(record).sort()) ordered[key] = record[key]
  return ordered
}

function tooDeep(): RuntimeError {
  return new RuntimeError(
    'INVALID_ARGUMENT',
    `Cannot encode a value: it nests deeper than ${DEPTH_MAX}`,
  )
}

/** A value that says what it is: the form of every row and record on disk. */
export interface Stored {
  readonly kind: string
  readonly version: number
  readonly data: unknown
}

/** Reads version n and makes version n + 1. Pure. */
export type Upcaster = (older: unknown) => unknown

export function encodeValue(kind: string, version: number, data: unknown): Uint8Array {
  return pack({ data, kind, version })
}

/**
 * The data of a stored value as its newest version has it.
 *
 * @param upcasters the first reads version 1. A version that no upcaster leads on from is current.
 */
export function decodeValue(
  bytes: Uint8Array,
  kind: string,
  upcasters: readonly Upcaster[],
): unknown {
  const stored = unpack(bytes) as Partial<Stored> | null
  const version = stored?.version
  if (stored?.kind !== kind || typeof version !== 'number' || version < 1) {
    throw new RuntimeError('STORE_CORRUPT', `Cannot read a value: it is no "${kind}"`)
  }
  const newest = upcasters.length + 1
  if (version > newest) {
    const message = `Cannot read a "${kind}" of version ${version}: this build knows versions up to ${newest}`
    throw new RuntimeError('STORE_REFUSED', message)
  }
  return upcasters.slice(version - 1).reduce((data, upcast) => upcast(data), stored.data)
}
