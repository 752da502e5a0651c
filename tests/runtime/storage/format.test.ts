import t from 'tap'
import { pack } from '../../../runtime/storage/codec.ts'
import { decodeValue, encodeValue, type Format } from '../../../runtime/storage/format.ts'

/** A worked example: a name became two, and then its parts a list. */
const first: Format = { kind: 'person', version: 1 }
const second: Format = {
  kind: 'person',
  version: 2,
  upcasters: [
    (older) => {
      const { name } = older as { readonly name: string }
      const [given = '', family = ''] = name.split(' ')
      return { given, family }
    },
  ],
}
const third: Format = {
  kind: 'person',
  version: 3,
  upcasters: [
    ...(second.upcasters ?? []),
    (older) => {
      const { given, family } = older as { readonly given: string; readonly family: string }
      return { names: [given, family] }
    },
  ],
}

t.test('decodeValue() reads every older version, one step after the other', async (t) => {
  const versions = [
    encodeValue(first, { name: 'Ada Lovelace' }),
    encodeValue(second, { given: 'Ada', family: 'Lovelace' }),
    encodeValue(third, { names: ['Ada', 'Lovelace'] }),
  ]
  for (const bytes of versions) t.same(decodeValue(third, bytes), { names: ['Ada', 'Lovelace'] })
})

t.test('decodeValue() refuses a newer version: an older build must not guess', async (t) => {
  const newer = encodeValue(third, { names: [] })
  t.throws(() => decodeValue(second, newer), {
    code: 'STORE_REFUSED',
    message: 'Cannot read a "person" of version 3: this build knows versions up to 2',
  })
})

t.test('decodeValue() refuses another kind, and what says neither kind nor version', async (t) => {
  const other = encodeValue({ kind: 'dog', version: 1 }, {})
  const bare = [
    { name: 'Ada' },
    null,
    7,
    { kind: 'person' },
    { kind: 'person', version: 0, data: 1 },
  ]
  for (const bytes of [other, ...bare.map((value) => pack(value))]) {
    t.throws(() => decodeValue(first, bytes), { code: 'STORE_CORRUPT' })
  }
})
