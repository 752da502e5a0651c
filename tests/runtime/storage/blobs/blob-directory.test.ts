import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { BlobDirectory } from '../../../../runtime/storage/blobs/blob-directory.ts'
import { type BlobsWorld, blobsContract, bytesOf } from '../../../contracts/blobs.contract.ts'

interface RealWorld extends BlobsWorld {
  readonly blobs: BlobDirectory
  fileOf(hash: string): string
}

function worldOf(): RealWorld {
  const data = mkdtempSync(join(tmpdir(), 'blobs-'))
  t.teardown(() => rmSync(data, { recursive: true }))
  mkdirSync(join(data, 'blobs'))
  const fileOf = (hash: string): string => join(data, 'blobs', hash.slice(0, 2), hash)
  return {
    blobs: new BlobDirectory(data),
    fileOf,
    write: (source, bytes) => writeFileSync(join(data, source), bytes),
    unlink: (source) => unlinkSync(join(data, source)),
    rot(hash) {
      const bytes = readFileSync(fileOf(hash))
      bytes[0] = (bytes[0] ?? 0) ^ 1
      writeFileSync(fileOf(hash), bytes)
    },
    answer: (ask) => new Promise((resolve) => void ask(resolve)),
    /** By the clock of the file system, which may be a little behind. */
    async later() {
      const file = join(data, 'later')
      const firstMs = Date.now()
      let nowMs = firstMs
      for (let count = 0; nowMs <= firstMs + 1; count++) {
        writeFileSync(file, String(count))
        nowMs = statSync(file).ctimeMs
      }
      return nowMs
    },
  }
}

blobsContract(t, worldOf)

async function sealed(world: RealWorld, text: string): Promise<ReturnType<typeof bytesOf>> {
  const said = bytesOf(text)
  world.write('said', said.bytes)
  const error = await world.answer((done) => world.blobs.seal('said', said.blob, done))
  if (error) throw error as Error
  return said
}

t.test('a blob is no copy of its file, and stands where its hash says', async (t) => {
  const world = worldOf()
  const { blob } = await sealed(world, 'one file')
  t.equal(statSync(world.fileOf(blob.hash)).nlink, 2)
})

t.test('one that has grown or shrunk is named', async (t) => {
  const world = worldOf()
  const { blob } = await sealed(world, 'as long as it was')
  appendFileSync(world.fileOf(blob.hash), '!')
  const result = await world.answer((done) => world.blobs.read(blob, 0, 4, done))
  t.match(result, {
    code: 'STORE_CORRUPT',
    message: `"${blob.hash}": it has 18 bytes in place of 17`,
  })
})

t.test('how many there are is known after they were looked at, and kept up', async (t) => {
  const world = worldOf()
  const { blob } = await sealed(world, 'first')
  t.same(world.blobs.figures(), {})
  await world.answer((done) => world.blobs.old(0, 10, done))
  t.same(world.blobs.figures(), { count: 1, bytes: 5 })
  world.unlink('said')
  await sealed(world, 'second')
  t.same(world.blobs.figures(), { count: 2, bytes: 11 })
  const beforeMs = await world.later()
  await world.answer((done) => world.blobs.remove([blob.hash], beforeMs, done))
  t.same(world.blobs.figures(), { count: 1, bytes: 6 })
})

t.test('what is being sealed is not removed, however old it is', async (t) => {
  const world = worldOf()
  const { blob } = await sealed(world, 'old')
  world.unlink('said')
  const beforeMs = (await world.later()) + 60_000
  const sealing = world.answer((done) => world.blobs.seal('said', blob, done))
  await world.answer((done) => world.blobs.remove([blob.hash], beforeMs, done))
  t.equal(await sealing, undefined)
  t.ok(statSync(world.fileOf(blob.hash)))
})

t.test('a disk that refuses is said, until it no longer does', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'blobs-'))
  t.teardown(() => rmSync(data, { recursive: true }))
  const blobs = new BlobDirectory(data)
  writeFileSync(join(data, 'blobs'), 'in the way')
  const { bytes, blob } = bytesOf('said')
  writeFileSync(join(data, 'said'), bytes)
  const seal = () => new Promise((resolve) => void blobs.seal('said', blob, resolve))
  t.match(await seal(), { code: 'STORE_FAILED', message: `Cannot keep the blob "${blob.hash}"` })
  t.match(blobs.figures().failure, 'Cannot keep the blob')
  unlinkSync(join(data, 'blobs'))
  t.equal(await seal(), undefined)
  t.equal(blobs.figures().failure, undefined)
})
