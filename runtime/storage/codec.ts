import { Packr, Unpackr } from 'msgpackr'
import { RuntimeError } from '../errors.ts'

/** How deep a stored or received value may nest. */
export const DEPTH_MAX = 32

// Without shared structures, so that each value can be read alone, by any build, in any language.
const packr = new Packr({ useRecords: false, variableMapSize: true })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true })

/** Keys that would change what an object is, not what it holds. msgpackr reads the first as the second. */
const POISON: ReadonlySet<string> = new Set(['__proto__', '__proto_'])

/**
 * Plain data as msgpack: `null`, booleans, numbers, text, bytes, lists and records. Keys are
 * sorted, so that equal values have equal bytes; a field that is `undefined` is left out, as in
 * JSON. Money travels as decimal strings, because a `bigint` is not portable.
 *
 * Throws `INVALID_ARGUMENT` for anything else, and for a value that nests deeper than [32].
 */
export function pack(value: unknown): Uint8Array {
  return packr.pack(ordered(value, 0))
}

/** Reads what `pack` wrote. Throws `STORE_CORRUPT` for anything else. */
export function unpack(bytes: Uint8Array): unknown {
  let value: unknown
  try {
    value = unpackr.unpack(bytes)
  } catch (error) {
    throw corrupt('it is not msgpack', error)
  }
  checkPlain(value, 0)
  return value
}

/** A copy with sorted keys. Cheaper than to look first whether they are sorted already. */
function ordered(value: unknown, depth: number): unknown {
  if (depth > DEPTH_MAX) throw unfit(`it nests deeper than ${DEPTH_MAX}`)
  if (value === null || typeof value !== 'object') return scalar(value)
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map((part) => ordered(part, depth + 1))
  if (!plain(value)) throw unfit(`it holds a ${value.constructor.name}`)
  const sorted: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    if (POISON.has(key)) throw unfit(`it has the key "${key}"`)
    const part = (value as Record<string, unknown>)[key]
    if (part !== undefined) sorted[key] = ordered(part, depth + 1)
  }
  return sorted
}

function scalar(value: unknown): unknown {
  const type = typeof value
  if (value === null || type === 'string' || type === 'number' || type === 'boolean') return value
  throw unfit(`it holds ${type}`)
}

function plain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function checkPlain(value: unknown, depth: number): void {
  if (depth > DEPTH_MAX) throw corrupt(`it nests deeper than ${DEPTH_MAX}`)
  if (value === null || typeof value !== 'object') {
    if (value === undefined || typeof value === 'bigint') throw corrupt(`it holds ${typeof value}`)
    return
  }
  if (value instanceof Uint8Array) return
  if (Array.isArray(value)) {
    for (const part of value) checkPlain(part, depth + 1)
    return
  }
  if (!plain(value)) throw corrupt('it holds more than plain data')
  for (const key in value) {
    if (POISON.has(key)) throw corrupt(`it has the key "${key}"`)
    checkPlain((value as Record<string, unknown>)[key], depth + 1)
  }
}

function unfit(why: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `Cannot encode a value: ${why}`)
}

function corrupt(why: string, cause?: unknown): RuntimeError {
  return new RuntimeError('STORE_CORRUPT', `Cannot read a value: ${why}`, { cause })
}
