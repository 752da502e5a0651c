import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import t from 'tap'
import { decodeValue, encodeValue } from '../../runtime/storage/format.ts'
import { records, schemas } from '../../node/schemas.ts'
import { layouts, samples } from './samples.ts'

/*
 * The bytes of every format on disk, by version. A file here is never edited once a release has
 * written the format: raise the version, add an upcaster, and let this test write the new file.
 * To write files that are missing, or of a version that was never released: GOLDEN_UPDATE=1.
 */

const FOLDER = fileURLToPath(new URL('../data/golden/', import.meta.url))
const LINE = 64

function kept(name: string): Uint8Array {
  const path = join(FOLDER, `${name}.hex`)
  if (!existsSync(path)) return new Uint8Array()
  return Buffer.from(readFileSync(path, 'utf8').replaceAll('\n', ''), 'hex')
}

/** What is kept under a name; with GOLDEN_UPDATE it is these bytes from now on. */
function golden(name: string, bytes: Uint8Array): Uint8Array {
  if (process.env['GOLDEN_UPDATE']) {
    const hex = Buffer.from(bytes).toString('hex')
    const lines = hex.replaceAll(new RegExp(`.{${LINE}}`, 'g'), '$&\n').trimEnd()
    writeFileSync(join(FOLDER, `${name}.hex`), `${lines}\n`)
  }
  return kept(name)
}

t.test('what is written today has the bytes of its version', async (t) => {
  for (const { format, data } of samples()) {
    const { kind, version } = format
    t.not(data, undefined, `there is a sample of "${kind}"`)
    const bytes = encodeValue(format, data)
    const before = golden(`${kind}.v${version}`, bytes)
    const same = Buffer.compare(bytes, before) === 0
    t.ok(same, `"${kind}" changed: raise its version, or see the head of this file`)
    if (!same && before.length > 0) t.same(data, decodeValue(format, before))
  }
})

t.test('what any version wrote is read today, and each step has its upcaster', async (t) => {
  for (const { format } of samples()) {
    const { kind, version, upcasters = [] } = format
    t.equal(upcasters.length, version - 1, `"${kind}": one upcaster for each older version`)
    for (let older = 1; older <= version; older++) {
      const read = (): unknown => decodeValue(format, kept(`${kind}.v${older}`))
      t.doesNotThrow(read, `"${kind}" of version ${older}`)
    }
  }
})

t.test('every schema takes what is written, and says what each field is', async (t) => {
  const known = new Map(records().map((record) => [record.format.kind, record]))
  for (const { format, data } of samples()) {
    const parsed = known.get(format.kind)?.schema.safeParse(data)
    t.equal(parsed?.error?.message, undefined, format.kind)
  }
  const { jsonSchema } = schemas().find(({ kind }) => kind === 'task') ?? {}
  const task = JSON.parse(jsonSchema ?? '{}') as { required: string[]; properties: object }
  t.ok(task.required.includes('state'))
  t.notOk(task.required.includes('outcome'))
  t.match(task.properties, {
    attempt: { type: 'integer', minimum: 0 },
    paused: { type: 'boolean' },
  })
})

t.test('every format is listed, with its version and a line on what it is', async (t) => {
  const listed = new Map(schemas().map((schema) => [schema.kind, schema]))
  for (const { format } of samples()) {
    t.match(listed.get(format.kind), { version: format.version, summary: /.{10}/ }, format.kind)
  }
  t.equal(listed.size, samples().length, 'and none is listed that has no golden file')
})

t.test('docs/storage.md has each kind, with its version', async (t) => {
  const text = readFileSync(
    fileURLToPath(new URL('../../docs/storage.md', import.meta.url)),
    'utf8',
  )
  const told = text.match(/^\| `[a-z]+` \| \d+ \| .* \|$/gm)
  t.same(
    told,
    schemas().map(({ kind, version, summary }) => `| \`${kind}\` | ${version} | ${summary} |`),
  )
})

t.test('frames, keys, marks and the sentinel are as they were', async (t) => {
  for (const [name, bytes] of await layouts()) {
    t.same(Buffer.from(bytes), golden(name, bytes), name)
  }
})

t.test('no golden file stands for nothing', async (t) => {
  const known = new Set([
    ...(await layouts()).keys(),
    ...samples().flatMap(({ format: { kind, version } }) =>
      Array.from({ length: version }, (_, at) => `${kind}.v${at + 1}`),
    ),
  ])
  for (const file of readdirSync(FOLDER)) t.ok(known.has(file.replace(/\.hex$/, '')), file)
})
