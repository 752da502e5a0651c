/** What every form of blobs must do; run against a directory and the simulation. */
import type t from 'tap'
import { RuntimeError } from '../../runtime/errors.ts'
import type { Blob, Blobs } from '../../runtime/storage/blobs/blobs.ts'
import { contentHash } from '../../runtime/storage/checksum.ts'

export interface BlobsWorld {
  readonly blobs: Blobs
  /** A file below the data directory. */
  write(source: string, bytes: Uint8Array): void
  /** That name of it is gone. */
  unlink(source: string): void
  /** One bit of the blob is another. */
  rot(hash: string): void
  /** Lets time pass until it is answered. */
  answer<T>(ask: (answered: (answer: T) => void) => void): Promise<T>
  /** A moment by which all that was done is old. */
  later(): Promise<number>
}

export function bytesOf(text: string): { readonly bytes: Uint8Array; readonly blob: Blob } {
  const bytes = new TextEncoder().encode(text)
  return { bytes, blob: { hash: contentHash(bytes), bytes: bytes.length } }
}

export function blobsContract(test: typeof t, worldOf: () => BlobsWorld): void {
  const seal = (world: BlobsWorld, source: string, blob: Blob) =>
    world.answer<RuntimeError | undefined>((done) => world.blobs.seal(source, blob, done))
  const read = async (world: BlobsWorld, blob: Blob, at = 0, bytes = blob.bytes) => {
    const result = await world.answer<Uint8Array | RuntimeError>((done) =>
      world.blobs.read(blob, at, bytes, done),
    )
    return result instanceof RuntimeError ? result : new TextDecoder().decode(result)
  }
  const old = (world: BlobsWorld, beforeMs: number, countMax = 10) =>
    world.answer<readonly string[]>((done) => world.blobs.old(beforeMs, countMax, done))
  const remove = (world: BlobsWorld, hashes: readonly string[], beforeMs: number) =>
    world.answer<RuntimeError | undefined>((done) => world.blobs.remove(hashes, beforeMs, done))

  void test.test('a sealed file is read under its hash, whole or in part', async (t) => {
    const world = worldOf()
    const { bytes, blob } = bytesOf('what a task has said')
    world.write('said', bytes)
    t.equal(await seal(world, 'said', blob), undefined)
    t.equal(await seal(world, 'said', blob), undefined, 'again changes nothing')
    t.equal(await read(world, blob), 'what a task has said')
    t.equal(await read(world, blob, 5, 6), 'a task')
    t.equal(await read(world, blob, 16, 100), 'said', 'as much as there is')
    world.unlink('said')
    t.equal(await read(world, blob), 'what a task has said', 'its first name is not needed')
    t.equal(await seal(world, 'said', blob), undefined, 'and is there already')
  })

  void test.test('the same bytes of two files are one blob', async (t) => {
    const world = worldOf()
    const { bytes, blob } = bytesOf('alike')
    world.write('one', bytes)
    world.write('two', bytes)
    t.equal(await seal(world, 'one', blob), undefined)
    t.equal(await seal(world, 'two', blob), undefined)
    t.equal(await read(world, blob), 'alike')
  })

  void test.test('what is not there is not sealed', async (t) => {
    const world = worldOf()
    const { blob } = bytesOf('nowhere')
    t.match(await seal(world, 'no-such-file', blob), { code: 'NOT_FOUND' })
    t.match(await read(world, blob), {
      code: 'STORE_CORRUPT',
      message: `Cannot read the blob "${blob.hash}": it is gone`,
    })
  })

  void test.test('bytes that are not those of the name are never given', async (t) => {
    const world = worldOf()
    const { bytes, blob } = bytesOf('it will rot')
    world.write('said', bytes)
    await seal(world, 'said', blob)
    t.equal(await read(world, blob, 0, 2), 'it')
    world.rot(blob.hash)
    for (const at of [0, 5])
      t.match(await read(world, blob, at, 2), {
        code: 'STORE_CORRUPT',
        message: `Cannot read the blob "${blob.hash}": its bytes are not those it was named by`,
        details: { blob: blob.hash },
      })
  })

  void test.test('only what is old and has no other name is removed', async (t) => {
    const world = worldOf()
    const [alone, named, young] = ['alone', 'named', 'young'].map(bytesOf)
    if (!alone || !named || !young) throw new Error('there are three')
    for (const [name, { bytes, blob }] of Object.entries({ alone, named })) {
      world.write(name, bytes)
      await seal(world, name, blob)
    }
    world.unlink('alone')
    const beforeMs = await world.later()
    world.write('young', young.bytes)
    await seal(world, 'young', young.blob)
    world.unlink('young')
    t.same(await old(world, beforeMs), [alone.blob.hash])
    t.same(await old(world, beforeMs, 0), [])
    const all = [alone, named, young].map(({ blob }) => blob.hash)
    t.equal(await remove(world, all, beforeMs), undefined)
    t.match(await read(world, alone.blob), { code: 'STORE_CORRUPT' })
    t.equal(await read(world, named.blob), 'named')
    t.equal(await read(world, young.blob), 'young')
  })

  void test.test('what is sealed again is not old any more', async (t) => {
    const world = worldOf()
    const { bytes, blob } = bytesOf('again')
    world.write('first', bytes)
    await seal(world, 'first', blob)
    world.unlink('first')
    const beforeMs = await world.later()
    t.same(await old(world, beforeMs), [blob.hash])
    world.write('second', bytes)
    await seal(world, 'second', blob)
    world.unlink('second')
    await remove(world, [blob.hash], beforeMs)
    t.equal(await read(world, blob), 'again')
  })
}
