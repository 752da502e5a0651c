import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { unpack as readAsOthers } from 'msgpackr'
import t from 'tap'
import { unpack } from '../../../runtime/storage/codec.ts'
import { DEPTH_MAX, Packer } from '../../../runtime/storage/packer.ts'

function hexOf(value: unknown): string {
  return Buffer.from(new Packer().pack(value)).toString('hex')
}

/** Plain data of every sort. Whole numbers are drawn from around the limits of each form. */
const whole = fc.oneof(
  fc.integer({ min: -40, max: 300 }),
  fc.integer({ min: -0x8001, max: 0x1_0001 }),
  fc.integer({ min: -0x8000_0001, max: 0x1_0000_0001 }),
  fc.maxSafeInteger(),
)
const text = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 80 }))
const name = text.filter((each) => !/^__proto_/.test(each))
const { value: plain } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.oneof(
      whole,
      fc.double({ noNaN: true }).filter((n) => !Object.is(n, -0)),
      text,
    ),
    fc.oneof(fc.constant(null), fc.boolean(), fc.uint8Array({ maxLength: 400 })),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(name, tie('value'), { maxKeys: 20 }),
  ),
}))

t.test('pack() writes what unpack() and another reader read as the same', async () => {
  const packer = new Packer()
  const readsBack = (value: unknown): void => {
    const bytes = packer.pack(value)
    deepStrictEqual(plainOf(unpack(bytes)), plainOf(value))
    deepStrictEqual(plainOf(readAsOthers(bytes)), plainOf(value))
  }
  fc.assert(fc.property(plain, readsBack), { numRuns: 500 })
})

/** Without the difference between a Buffer and a Uint8Array, or of prototypes. */
function plainOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(plainOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plainOf(part)]))
}

t.test('pack() uses the shortest form of the specification', async (t) => {
  for (const [value, bytes] of [
    [null, 'c0'],
    [false, 'c2'],
    [true, 'c3'],
    [0, '00'],
    [127, '7f'],
    [128, 'cc80'],
    [255, 'ccff'],
    [256, 'cd0100'],
    [65_535, 'cdffff'],
    [65_536, 'ce00010000'],
    [0xffff_ffff, 'ceffffffff'],
    [0x1_0000_0000, 'cb41f0000000000000'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-128, 'd080'],
    [-129, 'd1ff7f'],
    [-32_769, 'd2ffff7fff'],
    [1.5, 'cb3ff8000000000000'],
    ['', 'a0'],
    ['é', 'a2c3a9'],
    [[], '90'],
    [{}, '80'],
    [new Uint8Array([1, 2]), 'c4020102'],
    [{ a: [1, 'x'] }, '81a1619201a178'],
  ] as const) {
    t.equal(hexOf(value), bytes, JSON.stringify(value))
  }
  for (const [length, head] of [
    [31, 'bf'],
    [32, 'd920'],
    [64, 'd940'],
    [65, 'd941'],
    [255, 'd9ff'],
    [256, 'da0100'],
    [65_536, 'db00010000'],
  ] as const) {
    t.equal(hexOf('x'.repeat(length)), head + '78'.repeat(length), `text of ${length}`)
  }
})

t.test('pack() gives equal values equal bytes, in whatever order their keys came', async (t) => {
  t.equal(hexOf({ b: 1, a: { d: 2, c: 3 } }), hexOf({ a: { c: 3, d: 2 }, b: 1 }))
  t.equal(hexOf({ a: 1, b: undefined }), hexOf({ a: 1 }))
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`key${n}`, n]))
  const reversed = Object.fromEntries(Object.entries(many).reverse())
  t.equal(hexOf(reversed), hexOf(many))
  t.equal(hexOf({ 9: 'a', 10: 'b' }), '82a23130a162a139a161', 'also of keys that are numbers')
})

t.test('pack() gives out bytes that later values do not change', async (t) => {
  const packer = new Packer()
  const first = packer.pack({ text: 'x'.repeat(5_000) })
  const kept = first.slice()
  for (let round = 0; round < 20; round++) packer.pack({ text: 'y'.repeat(5_000), round })
  t.same(first, kept)
})

t.test('pack() writes a value that is larger than a page', async (t) => {
  const packer = new Packer()
  packer.pack('before')
  const value = {
    list: Array.from({ length: 5_000 }, (_, n) => `part ${n}`),
    blob: 'é'.repeat(40_000),
  }
  t.strictSame(unpack(packer.pack(value)), value)
})

t.test('pack() moves a text to the next page whole, wherever the page ends', async (t) => {
  const packer = new Packer()
  for (const text of ['é'.repeat(100), 'e'.repeat(60), 'e'.repeat(300)]) {
    const read = Array.from({ length: 300 }, () => unpack(packer.pack([text])))
    t.ok(read.every((value) => String(value) === text))
  }
})

t.test('pack() refuses what is no plain data, and goes on', async (t) => {
  const packer = new Packer()
  const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)])
  t.strictSame(unpack(packer.pack(deep(DEPTH_MAX))), deep(DEPTH_MAX))
  for (const [value, why] of [
    [deep(DEPTH_MAX + 1), /deeper than 32/],
    [{ at: 1n }, /it holds bigint/],
    [[undefined], /it holds undefined/],
    [{ a: { at: new Date(0) } }, /it holds a Date/],
    [new Map(), /it holds a Map/],
    [JSON.parse('{"__proto__": 1}'), /the key "__proto__"/],
    [() => 1, /it holds function/],
  ] as const) {
    t.throws(() => packer.pack(value), { code: 'INVALID_ARGUMENT', message: why })
  }
  t.strictSame(unpack(packer.pack({ a: 1 })), { a: 1 })
})
