import { RuntimeError } from '../errors.ts'

/** How deep a stored or received value may nest. */
export const DEPTH_MAX = 32

/** Keys that would change what an object is, not what it holds. msgpackr reads the first as the second. */
export const POISON: ReadonlySet<string> = new Set(['__proto__', '__proto_'])

/** Values are written into pages of so much, one after the other: a buffer for each costs more. */
const PAGE_BYTES = 16_384
/** Text up to this length is written letter by letter as long as it is ASCII. */
const SHORT_LENGTH = 64
/** The longest head of text, list or record. */
const HEAD_BYTES = 5

/** Orders of keys that are kept. */
const ORDERS = 251
/** The keys of a record as they stand in it, and as they are written. */
type Order = { readonly keys: readonly string[]; readonly sorted: readonly string[] }

/**
 * Writes plain data as msgpack (the specification of 2013), in the shortest form and with the keys
 * of records in order, so that equal values have equal bytes. In one pass: it looks whether keys
 * are in order as it counts them, and sorts only where they are not.
 *
 * Owns its page; the bytes it gave out are never written again.
 */
export class Packer {
  #page = new Uint8Array(PAGE_BYTES)
  #view = new DataView(this.#page.buffer)
  #at = 0
  readonly #encoder = new TextEncoder()
  /** Where the present value begins. */
  #from = 0
  readonly #orders: (Order | undefined)[] = Array.from({ length: ORDERS })

  /** Throws `INVALID_ARGUMENT` for what is no plain data, and for a value that nests too deep. */
  pack(value: unknown): Uint8Array {
    this.#from = this.#at
    this.#value(value, 0)
    return this.#page.subarray(this.#from, this.#at)
  }

  #value(value: unknown, depth: number): void {
    if (depth > DEPTH_MAX) throw unfit(`it nests deeper than ${DEPTH_MAX}`)
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        return this.#number(value)
      case 'boolean':
        return this.#byte(value ? 0xc3 : 0xc2)
      case 'object':
        return value === null ? this.#byte(0xc0) : this.#object(value, depth)
      default:
        throw unfit(`it holds ${typeof value}`)
    }
  }

  #object(value: object, depth: number): void {
    if (Array.isArray(value)) return this.#list(value, depth)
    if (value instanceof Uint8Array) return this.#bytes(value)
    if (!isPlain(value)) throw unfit(`it holds a ${value.constructor.name}`)
    this.#record(value as Readonly<Record<string, unknown>>, depth)
  }

  #list(list: readonly unknown[], depth: number): void {
    this.#head(list.length, LIST)
    for (const part of list) this.#value(part, depth + 1)
  }

  #record(record: Readonly<Record<string, unknown>>, depth: number): void {
    let count = 0
    let ordered = true
    let previous = ''
    let sum = 0
    for (const key in record) {
      sum += key.length
      if (record[key] === undefined) continue // Left out, as in JSON.
      if (key < previous) ordered = false
      previous = key
      count += 1
    }
    this.#head(count, RECORD)
    if (ordered) for (const key in record) this.#field(key, record[key], depth)
    else for (const key of this.#sorted(record, sum)) this.#field(key, record[key], depth)
  }

  /** Records are of few shapes: the order of the last one of such keys is kept. */
  #sorted(record: object, sum: number): readonly string[] {
    const slot = sum % ORDERS
    const known = this.#orders[slot]
    if (known && sameKeys(record, known.keys)) return known.sorted
    const keys = Object.keys(record)
    const sorted = keys.toSorted()
    this.#orders[slot] = { keys, sorted }
    return sorted
  }

  #field(key: string, value: unknown, depth: number): void {
    if (value === undefined) return
    if (POISON.has(key)) throw unfit(`it has the key "${key}"`)
    this.#text(key)
    this.#value(value, depth + 1)
  }

  #head(count: number, { small, smallMax, wide }: Heads): void {
    const page = this.#room(HEAD_BYTES)
    const at = this.#at
    if (count <= smallMax) {
      page[at] = small | count
      this.#at = at + 1
    } else if (count <= 0xffff) {
      page[at] = wide
      this.#view.setUint16(at + 1, count)
      this.#at = at + 3
    } else {
      page[at] = wide + 1
      this.#view.setUint32(at + 1, count)
      this.#at = at + 5
    }
  }

  #text(text: string): void {
    const { length } = text
    if (length <= SHORT_LENGTH && this.#ascii(text)) return
    const bytes = this.#encoder.encode(text)
    this.#textHead(bytes.length)
    this.#copy(bytes)
  }

  /** `false`, with nothing written, if there is more than ASCII in it. */
  #ascii(text: string): boolean {
    const { length } = text
    const page = this.#room(2 + length)
    const begin = this.#at
    let to = begin
    if (length > 31) page[to++] = 0xd9
    page[to++] = length > 31 ? length : 0xa0 | length
    let all = 0
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at)
      page[to++] = code
      all |= code
    }
    this.#at = all > 0x7f ? begin : to
    return all <= 0x7f
  }

  #textHead(byteCount: number): void {
    if (byteCount > 31 && byteCount <= 0xff) this.#sized(0xd9, byteCount)
    else this.#head(byteCount, TEXT)
  }

  #bytes(bytes: Uint8Array): void {
    if (bytes.length <= 0xff) this.#sized(0xc4, bytes.length)
    else this.#head(bytes.length, BYTES)
    this.#copy(bytes)
  }

  #copy(bytes: Uint8Array): void {
    this.#room(bytes.length).set(bytes, this.#at)
    this.#at += bytes.length
  }

  #sized(head: number, count: number): void {
    const page = this.#room(2)
    page[this.#at++] = head
    page[this.#at++] = count
  }

  /** A whole number in as few bytes as it needs, up to 32 bits; any other as a double. */
  #number(value: number): void {
    if (value >>> 0 === value) return this.#natural(value)
    if (value >> 0 === value) return this.#negative(value)
    this.#room(9)[this.#at] = 0xcb
    this.#view.setFloat64(this.#at + 1, value)
    this.#at += 9
  }

  #natural(value: number): void {
    if (value <= 0x7f) return this.#byte(value)
    if (value <= 0xff) return this.#sized(0xcc, value)
    const wide = value > 0xffff
    this.#room(5)[this.#at] = wide ? 0xce : 0xcd
    if (wide) this.#view.setUint32(this.#at + 1, value)
    else this.#view.setUint16(this.#at + 1, value)
    this.#at += wide ? 5 : 3
  }

  #negative(value: number): void {
    if (value >= -32) return this.#byte(0x100 + value)
    if (value >= -0x80) return this.#sized(0xd0, 0x100 + value)
    const wide = value < -0x8000
    this.#room(5)[this.#at] = wide ? 0xd2 : 0xd1
    if (wide) this.#view.setInt32(this.#at + 1, value)
    else this.#view.setInt16(this.#at + 1, value)
    this.#at += wide ? 5 : 3
  }

  #byte(byte: number): void {
    this.#room(1)[this.#at++] = byte
  }

  /** The page, with room for so much more; the value under way moves to a new one if it must. */
  #room(count: number): Uint8Array {
    if (this.#at + count <= this.#page.length) return this.#page
    const begun = this.#page.subarray(this.#from, this.#at)
    this.#page = new Uint8Array(Math.max(PAGE_BYTES, 2 * (begun.length + count)))
    this.#view = new DataView(this.#page.buffer)
    this.#page.set(begun)
    this.#from = 0
    this.#at = begun.length
    return this.#page
  }
}

/** Where the count goes: into the first byte if it is small, else into two or four after it. */
type Heads = { readonly small: number; readonly smallMax: number; readonly wide: number }

const LIST: Heads = { small: 0x90, smallMax: 15, wide: 0xdc }
const RECORD: Heads = { small: 0x80, smallMax: 15, wide: 0xde }
const TEXT: Heads = { small: 0xa0, smallMax: 31, wide: 0xda }
const BYTES: Heads = { small: 0, smallMax: -1, wide: 0xc5 }

function sameKeys(record: object, keys: readonly string[]): boolean {
  let at = 0
  for (const key in record) if (key !== keys[at++]) return false
  return at === keys.length
}

export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function unfit(why: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `Cannot encode a value: ${why}`)
}
