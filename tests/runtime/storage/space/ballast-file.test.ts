import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { BallastFile } from '../../../../runtime/storage/space/ballast-file.ts'
import { diskRoom } from '../../../../runtime/storage/space/disk-room.ts'

const root = mkdtempSync(join(tmpdir(), 'architect-ballast-'))
t.teardown(() => rmSync(root, { recursive: true }))

t.test('ballast really takes room, is found again, and gives it back', async (t) => {
  const path = join(root, 'ballast')
  const ballast = new BallastFile(path)
  t.notOk(ballast.laid)
  await new Promise<void>((done) => ballast.lay(3_000_000, done))
  t.ok(ballast.laid)
  const { size, blocks } = statSync(path)
  t.equal(size, 3_000_000)
  t.ok(blocks * 512 >= 2_900_000, 'it is no hole')
  t.ok(new BallastFile(path).laid)
  ballast.release()
  ballast.release()
  t.notOk(new BallastFile(path).laid)
})

t.test('ballast that cannot be laid leaves nothing', async (t) => {
  const ballast = new BallastFile(join(root, 'no', 'such', 'folder'))
  await new Promise<void>((done) => ballast.lay(1_000, done))
  t.notOk(ballast.laid)
})

t.test('diskRoom() tells of the disk that a path will be on', async (t) => {
  const there = await new Promise((done) => diskRoom(root, done))
  const later = await new Promise((done) => diskRoom(join(root, 'not', 'yet'), done))
  for (const measured of [there, later]) {
    t.match(measured, { freeBytes: Number, totalBytes: Number })
  }
  t.equal(
    (there as { totalBytes: number }).totalBytes,
    (later as { totalBytes: number }).totalBytes,
  )
})
