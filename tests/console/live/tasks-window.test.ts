import t from 'tap'
import type { TaskSummary } from '../../../actors/fleet.ts'
import { summaryOf } from '../../../actors/catalog/summary.ts'
import { TASK_STATES } from '../../../actors/task/task.ts'
import { TasksWindow } from '../../../console/live/tasks-window.ts'
import type { Content } from '../../../console/live/view.ts'
import type { TasksView } from '../../../console/protocol.ts'
import { chance, type Random, seededRandom } from '../../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { MemoryFleet, specOf } from '../../node/admin/fleet-of.ts'
import { settled } from './page-of.ts'

const BY = { project: 'default', by: 'local' }

function windowOf(view: TasksView, fleet = new MemoryFleet()) {
  const clock = new VirtualClock()
  const shown: { content: Content | undefined } = { content: undefined }
  const failures: unknown[] = []
  const window = new TasksWindow({
    ...{ fleet, clock, view },
    publish: (content) => (shown.content = content),
    failed: (failure) => failures.push(failure),
  })
  const changed = new Map<string, TaskSummary>()
  fleet.watch({}, (task) => {
    changed.delete(task.id)
    changed.set(task.id, summaryOf(task))
  })
  const flush = (): void => {
    window.changed(new Map(changed))
    changed.clear()
  }
  const ids = (): readonly string[] => shown.content?.rows.map(({ id }) => id) ?? []
  return { window, clock, fleet, failures, flush, ids, shown }
}

t.test('a first page shows what is newest, without asking for the list again', async (t) => {
  const { fleet, flush, ids, shown } = windowOf({ limit: 2 })
  await settled()
  const added = [0, 1, 2].map(() => fleet.add(specOf(), BY))
  flush()
  t.same(ids(), [added[2], added[1]])
  fleet.change(added[0] ?? '', { state: 'executing' })
  flush()
  t.same(ids(), [added[0], added[2]])
  t.match(shown.content, { total: 3, counts: { executing: 1, available: 2 }, cursor: String })
  t.equal(fleet.calls.length, 1, 'listed once')
})

t.test('a task that stops to fit leaves, and one in reserve takes its place', async (t) => {
  const fleet = new MemoryFleet()
  const added = [0, 1, 2].map(() => fleet.add(specOf(), BY))
  const { flush, ids, shown } = windowOf({ limit: 2, states: ['available'] }, fleet)
  await settled()
  t.same(ids(), [added[2], added[1]])
  fleet.change(added[2] ?? '', { state: 'completed' })
  flush()
  t.same(ids(), [added[1], added[0]])
  t.match(shown.content, { total: 2, cursor: undefined })
  t.equal(fleet.calls.length, 1)
})

t.test('when the reserve is used up the list is asked again, once a second at most', async (t) => {
  const fleet = new MemoryFleet()
  for (let count = 0; count < 20; count++) fleet.add(specOf(), BY)
  const { clock, flush, ids } = windowOf({ limit: 2, states: ['available'] }, fleet)
  await settled()
  const end = (): void => {
    for (const id of ids()) fleet.change(id, { state: 'completed' })
    flush()
  }
  end()
  t.equal(ids().length, 2, 'from the reserve')
  end()
  t.equal(ids().length, 0)
  clock.advance(999)
  await settled()
  t.equal(fleet.calls.length, 1)
  clock.advance(1)
  await settled()
  t.equal(fleet.calls.length, 2)
  t.equal(ids().length, 2)
})

t.test('a later page loses what changes, and takes nothing in', async (t) => {
  const fleet = new MemoryFleet()
  const added = [0, 1, 2, 3, 4, 5].map(() => fleet.add(specOf(), BY))
  const { tasks: _, cursor = '' } = await fleet.list({ limit: 2 })
  const { flush, ids } = windowOf({ limit: 2, cursor }, fleet)
  await settled()
  t.same(ids(), [added[3], added[2]])
  fleet.add(specOf(), BY)
  fleet.change(added[3] ?? '', { state: 'executing' })
  flush()
  t.same(ids(), [added[2], added[1]])
})

t.test('what changes while the list is asked for is not lost', async (t) => {
  const { fleet, flush, ids } = windowOf({ limit: 5 })
  const id = fleet.add(specOf(), BY)
  flush()
  fleet.change(id, { state: 'executing' })
  flush()
  await settled()
  t.same(ids(), [id])
})

t.test('a total is told only where it is known', async (t) => {
  for (const view of [{ project: 'default' }, { label: 'a' }]) {
    const { shown } = windowOf({ limit: 5, ...view })
    await settled()
    t.equal(shown.content?.total, undefined)
  }
})

t.test('a list that fails is told, and nothing after it is closed', async (t) => {
  const fleet = new MemoryFleet()
  fleet.failure = new Error('no list')
  const failing = windowOf({ limit: 5 }, fleet)
  await settled()
  t.match(failing.failures, [{ message: 'no list' }])
  const closing = windowOf({ limit: 5 })
  closing.window.close()
  await settled()
  t.equal(closing.shown.content, undefined)
})

t.test('whatever changes, the window comes to show what the list would', async (t) => {
  for (let seed = 0; seed < 60; seed++) {
    const random = seededRandom(seed)
    const fleet = new MemoryFleet()
    for (let count = random.below(40); count > 0; count--) add(fleet, random)
    const view = viewOf(random)
    const { clock, flush, ids } = windowOf(view, fleet)
    for (let round = 0; round < 60; round++) {
      for (let count = random.below(6); count > 0; count--) change(fleet, random)
      flush()
      if (chance(random, 0.3)) await settled()
      clock.advance(250)
    }
    await settled()
    clock.advance(1_000)
    await settled()
    const { tasks } = await fleet.list(view)
    t.same(
      ids(),
      tasks.map(({ id }) => id),
      `seed ${seed}: ${JSON.stringify(view)}`,
    )
  }
})

function add(fleet: MemoryFleet, random: Random): void {
  const project = chance(random, 0.5) ? 'default' : 'other'
  fleet.add(specOf({ labels: chance(random, 0.5) ? ['a'] : [] }), { project, by: 'local' })
}

function change(fleet: MemoryFleet, random: Random): void {
  const ids = [...fleet.tasks.keys()]
  if (chance(random, 0.3) || ids.length === 0) return add(fleet, random)
  const state = TASK_STATES[random.below(TASK_STATES.length)] ?? 'available'
  fleet.change(ids[random.below(ids.length)] ?? '', { state })
}

function viewOf(random: Random): TasksView {
  const limit = 1 + random.below(8)
  const which = random.below(5)
  if (which === 0) return { limit, project: 'other' }
  if (which === 1) return { limit, label: 'a' }
  if (which === 2) return { limit, states: ['available', 'executing'] }
  return { limit }
}
