import t from 'tap'
import type { TaskSummary } from '../../../actors/fleet.ts'
import { summaryOf } from '../../../actors/catalog/summary.ts'
import { FRAME_BYTES_MAX } from '../../../console/live/frames.ts'
import { View, type Viewer } from '../../../console/live/view.ts'
import type { FromNode } from '../../../console/protocol.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { taskOf } from '../../node/admin/fleet-of.ts'
import { mirrorOf } from './page-of.ts'

const CH = 'tasks:all'

interface TestViewer extends Viewer {
  readonly frames: Uint8Array[]
  readonly heard: FromNode[]
  open: boolean
}

function viewerOf(): TestViewer {
  const frames: Uint8Array[] = []
  const heard: FromNode[] = []
  const viewer: TestViewer = {
    ...{ at: undefined, frames, heard, open: true },
    ready: () => viewer.open,
    send(frame) {
      frames.push(frame)
      heard.push(JSON.parse(new TextDecoder().decode(frame)) as FromNode)
    },
    lost: () => undefined,
  }
  return viewer
}

function viewOf(): { clock: VirtualClock; view: View } {
  const clock = new VirtualClock()
  return { clock, view: new View({ ch: CH, ep: 'one:1', clock }) }
}

function rowOf(id: number, title = `task ${id}`): TaskSummary {
  const name = `t07-${String(id).padStart(26, '0')}`
  return { ...summaryOf(taskOf({ id: name })), title }
}

t.test('a viewer gets the content as soon as there is some, then what changes', async (t) => {
  const { view } = viewOf()
  const viewer = viewerOf()
  view.add(viewer)
  t.same(viewer.heard, [])
  const [a, b, c] = [rowOf(1), rowOf(2), rowOf(3)]
  view.update({ rows: [a, b], total: 2 })
  t.match(viewer.heard, [{ t: 'snap', ch: CH, ep: 'one:1', s: 1, part: 0, parts: 1, total: 2 }])
  view.update({ rows: [b, c], total: 2 })
  t.match(viewer.heard[1], { t: 'd', f: 1, s: 2, up: [{ id: c.id }], rm: [a.id] })
  const late = viewerOf()
  view.add(late)
  t.match(late.heard, [{ t: 'snap', s: 2, rows: [{ id: b.id }, { id: c.id }] }])
})

t.test('what has not changed is not sent', async (t) => {
  const { view } = viewOf()
  const viewer = viewerOf()
  view.add(viewer)
  const row = rowOf(1)
  view.update({ rows: [row], total: 1 })
  view.update({ rows: [row], total: 1 })
  t.equal(viewer.heard.length, 1)
  view.update({ rows: [row], total: 2 })
  t.match(viewer.heard[1], { t: 'd', up: [], rm: [], total: 2 })
})

t.test('all who stand at the same place get the same bytes', async (t) => {
  const { view } = viewOf()
  const viewers = [viewerOf(), viewerOf(), viewerOf()]
  for (const viewer of viewers) view.add(viewer)
  view.update({ rows: [rowOf(1)] })
  view.update({ rows: [rowOf(1, 'new')] })
  for (const at of [0, 1]) {
    t.ok(viewers[0]?.frames[at] !== undefined && viewers[0].frames[at] === viewers[2]?.frames[at])
  }
})

t.test('a slow viewer gets one delta for all that it missed', async (t) => {
  const { view } = viewOf()
  const [slow, quick] = [viewerOf(), viewerOf()]
  view.add(slow)
  view.add(quick)
  view.update({ rows: [rowOf(1), rowOf(2)] })
  slow.open = false
  for (let change = 0; change < 50; change++) view.update({ rows: [rowOf(1, `v${change}`)] })
  t.equal(slow.heard.length, 1)
  slow.open = true
  view.catchUp(slow)
  view.catchUp(slow)
  t.equal(slow.heard.length, 2)
  t.match(slow.heard[1], { t: 'd', f: 1, s: 51, up: [{ title: 'v49' }], rm: [rowOf(2).id] })
  t.same([...mirrorOf(slow.heard, CH).rows], [...mirrorOf(quick.heard, CH).rows])
})

t.test('a row that left and came back is there', async (t) => {
  const { view } = viewOf()
  const viewer = viewerOf()
  view.add(viewer)
  const row = rowOf(1)
  view.update({ rows: [row] })
  viewer.open = false
  view.update({ rows: [] })
  view.update({ rows: [row] })
  viewer.open = true
  view.catchUp(viewer)
  const [, delta] = viewer.heard
  t.same(delta?.t === 'd' && delta.rm, [], 'not in both lists')
  t.equal(mirrorOf(viewer.heard, CH).rows.size, 1)
})

t.test('who is too far behind gets a snapshot', async (t) => {
  const { view } = viewOf()
  const viewer = viewerOf()
  view.add(viewer)
  view.update({ rows: [rowOf(0)] })
  viewer.open = false
  for (let id = 1; id <= 1_100; id++) view.update({ rows: [rowOf(id)] })
  viewer.open = true
  view.catchUp(viewer)
  t.match(viewer.heard[1], { t: 'snap', rows: [{ id: rowOf(1_100).id }] })
})

t.test('no frame is over 64 KiB, and the parts make the whole', async (t) => {
  const { view } = viewOf()
  const viewer = viewerOf()
  view.add(viewer)
  const rows = Array.from({ length: 200 }, (_, id) => rowOf(id, 'ü'.repeat(1_000)))
  view.update({ rows: [] })
  view.update({ rows })
  t.ok(viewer.frames.every(({ length }) => length <= FRAME_BYTES_MAX))
  const parts = viewer.heard.slice(1)
  t.ok(parts.length > 5, 'too much for a delta')
  t.match(parts[0], { t: 'snap', part: 0, parts: parts.length })
  t.equal(mirrorOf(viewer.heard, CH).rows.size, 200)
})

t.test('a bookmark says that nothing was missed, to those who missed nothing', async (t) => {
  const { clock, view } = viewOf()
  const [current, behind] = [viewerOf(), viewerOf()]
  view.add(current)
  view.add(behind)
  view.update({ rows: [rowOf(1)] })
  behind.open = false
  view.update({ rows: [rowOf(2)] })
  behind.open = true
  clock.advance(10_000)
  view.mark(10_000)
  t.match(current.heard.at(-1), { t: 'bm', s: 2, asofMs: clock.wallMs() })
  t.equal(behind.heard.length, 1)
  view.update({ rows: [] })
  view.mark(10_000)
  t.equal(current.heard.at(-1)?.t, 'd', 'not to those who just heard something')
})

t.test(
  'a thousand viewers are served over several turns, each what is newest by then',
  async (t) => {
    const { clock, view } = viewOf()
    const viewers = Array.from({ length: 1_000 }, () => viewerOf())
    for (const viewer of viewers) view.add(viewer)
    view.update({ rows: [rowOf(1)] })
    const served = (): number => viewers.filter(({ heard }) => heard.length > 0).length
    t.equal(served(), 256)
    view.update({ rows: [rowOf(2)] })
    for (let turn = 0; turn < 10; turn++) clock.step()
    t.equal(served(), 1_000)
    t.ok(viewers.every(({ heard }) => mirrorOf(heard, CH).rows.has(rowOf(2).id)))
    t.equal(viewers[999]?.heard.length, 1, 'the last one got both changes at once')
  },
)
