import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import t from 'tap'
import { pack, unpack } from '../../../runtime/storage/codec.ts'
import { FUZZ, FUZZ_SEED } from '../../fuzzing.ts'
import { DEPTH_MAX } from '../../../runtime/storage/packer.ts'

const harmless = (key: string): boolean => key !== '__proto__' && key !== '__proto_'

/** Everything that the store may hold. */
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string().filter(harmless), tie('value'), { maxKeys: 5 }),
  ),
})).value

/** Bytes as one type: what is read back is a `Buffer`. */
function bytesAlike(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) return value.map(bytesAlike)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, bytesAlike(part)]))
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)]
}

t.test('unpack() gives back every plain value', async () => {
  fc.assert(
    fc.property(plain, (value) =>
      isDeepStrictEqual(bytesAlike(unpack(pack(value))), bytesAlike(value)),
    ),
    { numRuns: 1_000 },
  )
})

t.test('pack() gives equal bytes for equal values, whatever the order of their keys', async (t) => {
  const one = { b: 1, a: { d: [{ y: 1, x: 2 }], c: 3 }, skipped: undefined }
  const two = { a: { c: 3, d: [{ x: 2, y: 1 }] }, b: 1 }
  t.same(pack(one), pack(two))
  t.same(Object.keys(unpack(pack(one)) as object), ['a', 'b'])
})

t.test('whole numbers keep their value up to 2^53, and money is text', async (t) => {
  for (const number of [0, -1, 127, 128, 2 ** 31, 2 ** 32, -(2 ** 33), 2 ** 53, 0.1]) {
    t.equal(unpack(pack(number)), number)
  }
  t.equal(
    unpack(pack('1234567890123456789012.000000000001')),
    '1234567890123456789012.000000000001',
  )
})

t.test('pack() refuses what is not plain data', async (t) => {
  const unfit: readonly (readonly [value: unknown, why: RegExp])[] = [
    [1n, /holds bigint/],
    [() => 1, /holds function/],
    [Symbol('x'), /holds symbol/],
    [[undefined], /holds undefined/],
    [{ at: new Date(0) }, /holds a Date/],
    [new Map(), /holds a Map/],
    [JSON.parse('{"__proto__": 1}'), /has the key "__proto__"/],
    [nested(DEPTH_MAX + 1), /nests deeper than 32/],
  ]
  for (const [value, message] of unfit) {
    t.throws(() => pack(value), { code: 'INVALID_ARGUMENT', message })
  }
  t.ok(pack(nested(DEPTH_MAX)))
})

t.test('unpack() refuses whatever pack() cannot have written', async (t) => {
  const other = new Packr({ useRecords: false, moreTypes: true, structuredClone: true })
  const foreign = [new Date(0), new Set([1]), 2n ** 60n, new Error('x'), /x/, [undefined]]
  for (const value of foreign) t.throws(() => unpack(other.pack(value)), { code: 'STORE_CORRUPT' })
  const poisoned = other.pack(new Map([['__proto__', { polluted: true }]]))
  t.throws(() => unpack(poisoned), { code: 'STORE_CORRUPT' })
  t.equal(({} as { polluted?: boolean }).polluted, undefined)
  const deep = Buffer.concat([Buffer.alloc(10_000, 0x91), Buffer.of(1)])
  t.throws(() => unpack(deep), { code: 'STORE_CORRUPT' })
})

t.test(
  'unpack() of bytes that are cut, lengthened or made up is a value or STORE_CORRUPT',
  async (t) => {
    const bytes = pack({ list: [1, 'two', Buffer.from('three')], more: { nested: null } })
    for (let length = 0; length < bytes.length; length++) {
      t.throws(() => unpack(bytes.subarray(0, length)), { code: 'STORE_CORRUPT' })
    }
    t.throws(() => unpack(Buffer.concat([bytes, Buffer.of(1)])), { code: 'STORE_CORRUPT' })
    const read = (made: Uint8Array): boolean => {
      try {
        unpack(made)
        return true
      } catch (error) {
        return (error as { code?: string }).code === 'STORE_CORRUPT'
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (made) => read(made)),
      { seed: FUZZ_SEED, numRuns: 3_000 * FUZZ },
    )
    t.equal(Object.keys(Object.prototype).length, 0)
  },
)
