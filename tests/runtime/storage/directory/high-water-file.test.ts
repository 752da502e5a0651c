import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { HighWaterFile } from '../../../../runtime/storage/directory/high-water-file.ts'
import { settled } from '../../../../runtime/storage/store.ts'
import { damage, nowhere } from './directory-of.ts'

const SLOT_BYTES = 64

async function marked(...sequences: readonly number[]): Promise<string> {
  const path = nowhere()
  const mark = new HighWaterFile(path, { create: true })
  for (const sequence of sequences) {
    mark.note({ sequence, openedAt: 1 })
    await settled((done) => mark.sync(done))
  }
  mark.close()
  return path
}

function readBack(path: string): number | undefined {
  const mark = new HighWaterFile(path, { create: false })
  const water = mark.read()
  mark.close()
  return water?.sequence
}

t.test('the highest mark is read back, by any number of openings', async (t) => {
  const path = await marked(5, 6, 7)
  t.equal(readBack(path), 7)
  for (const sequence of [8, 9, 10]) {
    const mark = new HighWaterFile(path, { create: false })
    mark.note({ sequence, openedAt: sequence })
    mark.close()
    t.equal(readBack(path), sequence)
  }
})

t.test('a torn newest mark leaves the one before that was synced', async (t) => {
  const path = await marked(5, 6)
  const mark = new HighWaterFile(path, { create: false })
  for (let sequence = 7; sequence < 300; sequence++) mark.note({ sequence, openedAt: 1 })
  mark.close()
  const text = readFileSync(path, 'latin1')
  const newest = text.indexOf('299') < SLOT_BYTES ? 0 : SLOT_BYTES
  for (let torn = 0; torn < SLOT_BYTES - 1; torn++) {
    const half = `${text.slice(0, newest)}${text.slice(newest, newest + torn)}`
    writeFileSync(
      path,
      `${half}${'\0'.repeat(SLOT_BYTES - torn)}${text.slice(newest + SLOT_BYTES)}`,
    )
    const found = readBack(path)
    t.ok(found === 299 || found === 6, `${torn} bytes written: ${found}`)
  }
})

t.test(
  'marks that are both damaged are no marks, and none is made where one should be',
  async (t) => {
    const path = await marked(5, 6)
    damage(path, (bytes) => bytes.fill(0))
    t.equal(readBack(path), undefined)
    t.throws(() => new HighWaterFile(nowhere(), { create: false }), { code: 'ENOENT' })
    t.throws(() => new HighWaterFile(path, { create: true }), { code: 'EEXIST' })
  },
)
