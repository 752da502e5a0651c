import { Unpackr } from 'msgpackr'
import { RuntimeError } from '../errors.ts'
import { DEPTH_MAX, isPlain, Packer, POISON } from './packer.ts'

// Without shared structures, so that each value can be read alone, by any build, in any language.
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true })
const packer = new Packer()

/**
 * Plain data as msgpack: `null`, booleans, numbers, text, bytes, lists and records. Keys are
 * sorted, so that equal values have equal bytes; a field that is `undefined` is left out, as in
 * JSON. Money travels as decimal strings, because a `bigint` is not portable.
 *
 * Throws `INVALID_ARGUMENT` for anything else, and for a value that nests deeper than [32].
 */
export function pack(value: unknown): Uint8Array {
  return packer.pack(value)
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
  if (!isPlain(value)) throw corrupt('it holds more than plain data')
  for (const key in value) {
    if (POISON.has(key)) throw corrupt(`it has the key "${key}"`)
    checkPlain((value as Record<string, unknown>)[key], depth + 1)
  }
}

function corrupt(why: string, cause?: unknown): RuntimeError {
  return new RuntimeError('STORE_CORRUPT', `Cannot read a value: ${why}`, { cause })
}
