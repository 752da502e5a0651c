import t from 'tap'
import { FRAME_BYTES_MAX } from '../../../console/live/frames.ts'
import { type Channel, TERM_HEADER_BYTES } from '../../../console/protocol.ts'
import { MemoryOutput, specOf } from '../../node/admin/fleet-of.ts'
import { liveOf } from './live-of.ts'
import { type MemorySocket, settled } from './page-of.ts'

const KIB = 1024

interface Piece {
  readonly handle: number
  readonly offset: number
  readonly text: string
}

function piecesOf(page: MemorySocket): Piece[] {
  return page.binaries.map((frame) => {
    const view = new DataView(frame.buffer)
    return {
      handle: view.getUint32(1),
      offset: Number(view.getBigUint64(5)),
      text: Buffer.from(frame.subarray(TERM_HEADER_BYTES)).toString(),
    }
  })
}

function terminalOf(text: string) {
  const world = liveOf()
  const id = world.fleet.add(specOf(), { project: 'default', by: 'local' })
  const output = new MemoryOutput()
  output.append(text)
  world.fleet.outputs.set(id, output)
  const ch: Channel = `term:${id}/1`
  return { ...world, id, output, ch, page: world.greet('viewer') }
}

t.test('a page gets the bytes of an attempt with their offsets, live, then its end', async (t) => {
  const { page, ch, output } = terminalOf('one\r\n')
  page.say({ t: 'sub', ch })
  t.same(page.heard('term'), [{ t: 'term', ch, handle: 1, offset: 0 }])
  output.append('two\r\n')
  t.same(piecesOf(page), [
    { handle: 1, offset: 0, text: 'one\r\n' },
    { handle: 1, offset: 5, text: 'two\r\n' },
  ])
  t.equal(page.binaries[0]?.[0], 1, 'the type of the frame')
  output.end()
  t.same(page.heard('term')[1], { t: 'term', ch, handle: 1, ended: true, offset: 10 })
})

t.test('a page is told what is damaged', async (t) => {
  const { page, ch, output } = terminalOf('')
  page.say({ t: 'sub', ch })
  output.damage()
  const failure = 'Cannot read the blob "ab12": it is gone'
  t.same(page.heard('term')[1], { t: 'term', ch, handle: 1, ended: true, offset: 0, failure })
})

t.test('a page goes on where it was', async (t) => {
  const { page, ch } = terminalOf('0123456789')
  page.say({ t: 'sub', ch, from: 4 })
  t.same(page.heard('term'), [{ t: 'term', ch, handle: 1, offset: 4 }])
  t.same(piecesOf(page), [{ handle: 1, offset: 4, text: '456789' }])
  page.say({ t: 'sub', ch, from: 8 })
  t.same(piecesOf(page)[1], { handle: 2, offset: 8, text: '89' }, 'under a new handle')
})

t.test('what a page has not parsed is at most half a megabyte and a chunk', async (t) => {
  const { page, ch, output } = terminalOf('')
  page.say({ t: 'sub', ch })
  output.pieceBytes = 200 * KIB
  output.append(Buffer.alloc(4 * KIB * KIB))
  const sent = (): number =>
    page.binaries.reduce((sum, { length }) => sum + length - TERM_HEADER_BYTES, 0)
  t.equal(sent(), 600 * KIB)
  t.ok(page.binaries.every(({ length }) => length <= FRAME_BYTES_MAX))
  page.say({ t: 'ack', ch, offset: 50 * KIB })
  t.equal(sent(), 600 * KIB, 'still too much')
  page.say({ t: 'ack', ch, offset: 500 * KIB })
  t.equal(sent(), 1_200 * KIB)
  page.say({ t: 'ack', ch, offset: 400 * KIB })
  t.equal(sent(), 1_200 * KIB, 'an older word changes nothing')
  page.say({ t: 'ack', ch, offset: 100 * KIB * KIB })
  t.equal(sent(), 1_800 * KIB, 'nor does one about bytes that were never sent')
})

t.test('a page that is slow holds up nobody else', async (t) => {
  const { page, ch, output, greet } = terminalOf('')
  const quick = greet('admin')
  for (const each of [page, quick]) each.say({ t: 'sub', ch })
  page.stopped = true
  page.queuedBytes = 300 * KIB
  output.append('one ')
  output.append('two')
  t.equal(
    piecesOf(quick)
      .map(({ text }) => text)
      .join(''),
    'one two',
  )
  t.equal(page.binaries.length, 1)
  page.drain()
  t.equal(
    piecesOf(page)
      .map(({ text }) => text)
      .join(''),
    'one two',
  )
})

t.test('a page that leaves, or has seen enough, follows no longer', async (t) => {
  const { page, ch, output, greet } = terminalOf('x')
  const other = greet('admin')
  for (const each of [page, other]) each.say({ t: 'sub', ch })
  t.equal(output.followers, 2)
  page.say({ t: 'unsub', ch })
  t.equal(output.followers, 1)
  other.listener?.closed()
  t.equal(output.followers, 0)
})

t.test('a page is told that there is no such task', async (t) => {
  const { page, fleet } = terminalOf('')
  const id = fleet.nextId()
  page.say({ t: 'sub', ch: `term:${id}/1` })
  await settled()
  const failure = `Cannot find the task "${id}"`
  t.match(page.heard('term')[1], { handle: 1, ended: true, offset: 0, failure })
})
