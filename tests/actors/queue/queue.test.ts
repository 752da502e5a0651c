import fc from 'fast-check'
import t from 'tap'
import { goesFirst, Queue, type Candidate, type Offer } from '../../../actors/queue/queue.ts'
import { effectivePriority } from '../../../actors/queue/priority.ts'
import type { Task, TaskState } from '../../../actors/task/task.ts'
import { idOf, taskOf } from '../task-of.ts'

const MINUTE_MS = 60_000
const ANY: Offer = { kinds: ['shell'], labels: ['gpu', 'eu'] }
const nobody = (): number => 0

/** With the attempt that its state speaks of. */
function moved(task: Task): Task {
  const attempt = { attempt: 1, store: 's', boot: 1, node: 'n1', assignedMs: 0 }
  const runs = task.state === 'assigned' || task.state === 'executing'
  return { ...task, attempts: runs ? [attempt] : [{ ...attempt, endedMs: 1 }] }
}

/** A queue and the rows that it was told of. */
class QueueModel {
  readonly queue = new Queue()
  readonly rows = new Map<string, Task>()
  readonly paused = new Set<string>()

  put(task: Task): Task {
    this.queue.changed(this.rows.get(task.id), task)
    this.rows.set(task.id, task)
    return task
  }

  become(id: string, change: Partial<Task>): void {
    const row = this.rows.get(id)
    if (row) this.put(moved({ ...row, ...change }))
  }

  pause(project: string, paused: boolean): void {
    this.queue.pause(project, paused)
    if (paused) this.paused.add(project)
    else this.paused.delete(project)
  }

  /** What the order is, said without an index. */
  inOrder(offer: Offer, nowMs: number, turnOf: (project: string) => number): Candidate[] {
    return [...this.rows.values()]
      .filter((task) => this.#mayGo(task, offer))
      .map(({ id, project, spec, enqueuedMs }) => {
        const effective = effectivePriority(spec.priority, nowMs - enqueuedMs)
        return { id, project, effective, enqueuedMs }
      })
      .sort(
        (a, b) =>
          b.effective - a.effective ||
          turnOf(a.project) - turnOf(b.project) ||
          a.enqueuedMs - b.enqueuedMs ||
          (a.id < b.id ? -1 : 1),
      )
  }

  #mayGo(task: Task, { kinds, labels }: Offer): boolean {
    const { spec, project, state, paused } = task
    if (state !== 'available' || paused || this.paused.has(project)) return false
    if (!kinds.includes(spec.kind) || !spec.requires.every((each) => labels.includes(each)))
      return false
    const { concurrency } = spec
    return !concurrency || this.#running(project, concurrency.key) < concurrency.max
  }

  #running(project: string, key: string): number {
    return [...this.rows.values()].filter(
      (row) =>
        row.project === project &&
        row.spec.concurrency?.key === key &&
        (row.state === 'assigned' || row.state === 'executing'),
    ).length
  }

  pending(project: string): number {
    const states: readonly TaskState[] = ['suspended', 'scheduled', 'available']
    return [...this.rows.values()].filter(
      (row) => row.project === project && states.includes(row.state),
    ).length
  }
}

function queueOf(...specs: readonly object[]): QueueModel {
  const model = new QueueModel()
  for (const [at, spec] of specs.entries()) model.put(taskOf({ id: idOf(at), spec }))
  return model
}

function bestOf({ queue }: QueueModel, nowMs = 0, offer = ANY): string | undefined {
  return queue.best(offer, nowMs, nobody)?.id
}

t.test('best() goes by priority, then by who was first', async (t) => {
  const model = queueOf({ priority: 3 }, { priority: 7 }, { priority: 7 })
  t.equal(bestOf(model), idOf(1))
  model.become(idOf(1), { state: 'assigned' })
  t.equal(bestOf(model), idOf(2))
  model.become(idOf(2), { paused: true })
  t.equal(bestOf(model), idOf(0))
})

t.test('best() sees a new priority, and a new place in line, at once', async (t) => {
  const model = queueOf({}, {}, {})
  model.become(idOf(2), { spec: taskOf({ spec: { priority: 6 } }).spec })
  t.equal(bestOf(model), idOf(2))
  model.become(idOf(2), { state: 'completed' })
  model.become(idOf(0), { enqueuedMs: 1 })
  t.equal(bestOf(model), idOf(1))
})

t.test('best() lets what has waited long overtake, but never 9 and 10', async (t) => {
  const model = new QueueModel()
  model.put(taskOf({ id: idOf(1), spec: { priority: 5 }, enqueuedMs: 0 }))
  model.put(taskOf({ id: idOf(2), spec: { priority: 7 }, enqueuedMs: 30 * MINUTE_MS }))
  t.equal(bestOf(model, 19 * MINUTE_MS), idOf(2))
  t.equal(bestOf(model, 20 * MINUTE_MS), idOf(1))
  model.put(taskOf({ id: idOf(3), spec: { priority: 9 }, enqueuedMs: 30 * MINUTE_MS }))
  t.equal(bestOf(model, 600 * MINUTE_MS), idOf(3))
})

t.test('best() gives only what fits the offer', async (t) => {
  const model = queueOf({ requires: ['gpu', 'eu'], priority: 9 }, { requires: ['eu'] }, {})
  for (const [labels, best] of [
    [['eu', 'gpu', 'ssd'], idOf(0)],
    [['eu'], idOf(1)],
    [['gpu'], idOf(2)],
  ] as const) {
    t.equal(bestOf(model, 0, { kinds: ['shell'], labels }), best, labels.join())
  }
  t.equal(bestOf(model, 0, { kinds: ['agent'], labels: [] }), undefined)
})

t.test('best() lets projects of equal priority take turns', async (t) => {
  const model = new QueueModel()
  for (let number = 0; number < 10; number++)
    model.put(taskOf({ id: idOf(number, 'a'), project: 'a' }))
  for (let number = 10; number < 14; number++)
    model.put(taskOf({ id: idOf(number, 'b'), project: 'b', enqueuedMs: 1 }))
  const turns = new Map<string, number>()
  const served: string[] = []
  for (let turn = 1; turn <= 14; turn++) {
    const best = model.queue.best(ANY, 1, (project) => turns.get(project) ?? 0)
    if (!best) break
    turns.set(best.project, turn)
    served.push(best.project)
    model.become(best.id, { state: 'executing' })
  }
  t.equal(served.join(''), 'ababababaaaaaa')
})

t.test('a full lane holds back its own tasks and no others', async (t) => {
  const concurrency = { key: 'deploy', max: 2 }
  const model = queueOf(...Array.from({ length: 4 }, () => ({ concurrency, priority: 9 })), {})
  for (const id of [idOf(0), idOf(1)]) {
    t.equal(bestOf(model), id)
    model.become(id, { state: 'assigned' })
  }
  t.equal(bestOf(model), idOf(4))
  t.equal(model.queue.heldBy(taskOf({ spec: { concurrency } })), 'deploy')
  t.equal(
    model.queue.heldBy(taskOf({ spec: { concurrency: { key: 'deploy', max: 3 } } })),
    undefined,
  )
  t.equal(model.queue.heldBy(taskOf({ project: 'q', spec: { concurrency } })), undefined)
  model.become(idOf(1), { state: 'executing' })
  t.equal(bestOf(model), idOf(4))
  model.become(idOf(0), { state: 'completed' })
  t.equal(bestOf(model), idOf(2))
})

t.test('each task of a lane says itself beside how many it may run', async (t) => {
  const key = 'deploy'
  const model = queueOf({ concurrency: { key, max: 1 } }, { concurrency: { key, max: 1 } })
  model.put(taskOf({ id: idOf(2), spec: { concurrency: { key, max: 2 } } }))
  model.become(idOf(0), { state: 'executing' })
  t.equal(bestOf(model), idOf(2))
  model.become(idOf(2), { state: 'executing' })
  t.equal(bestOf(model), undefined)
  model.become(idOf(0), { state: 'completed' })
  t.equal(bestOf(model), undefined, 'one runs, and the other waits to run alone')
  model.become(idOf(2), { state: 'completed' })
  t.equal(bestOf(model), idOf(1))
})

t.test('a lane of very many tasks gives them out one by one, each at little cost', async (t) => {
  const concurrency = { key: 'one', max: 1 }
  const count = 20_000
  const model = queueOf(...Array.from({ length: count }, () => ({ concurrency })))
  let inOrder = 0
  for (let number = 0; number < count; number++) {
    if (bestOf(model) === idOf(number)) inOrder += 1
    model.become(idOf(number), { state: 'assigned' })
    if (bestOf(model) !== undefined) break
    model.become(idOf(number), { state: 'completed' })
  }
  t.equal(inOrder, count)
})

t.test('pause() holds back a project as a whole', async (t) => {
  const model = queueOf({}, {})
  model.put(taskOf({ id: idOf(9, 'q'), project: 'q', enqueuedMs: 5 }))
  model.pause('p', true)
  t.equal(bestOf(model, 5), idOf(9, 'q'))
  t.same(model.queue.wanted(5).length, 1)
  model.pause('p', false)
  t.equal(bestOf(model, 5), idOf(0))
})

t.test('wanted() says each need once, with the priority of the first', async (t) => {
  const model = queueOf({ priority: 2 }, { priority: 6 }, { requires: ['b', 'a'] })
  model.put(taskOf({ id: idOf(9, 'q'), project: 'q', spec: { priority: 8 } }))
  t.same(model.queue.wanted(0), [
    { kind: 'shell', requires: [], priority: 8 },
    { kind: 'shell', requires: ['a', 'b'], priority: 5 },
  ])
})

t.test('pendingCount() counts whatever is yet to run', async (t) => {
  const model = queueOf({}, {}, {}, {}, {})
  const states: readonly TaskState[] = ['suspended', 'scheduled', 'executing', 'completed']
  for (const [at, state] of states.entries()) model.become(idOf(at), { state })
  model.become(idOf(4), { paused: true })
  t.equal(model.queue.pendingCount('p'), 3)
  t.equal(model.queue.pendingCount('q'), 0)
  t.same(model.queue.projectsFrom(3), ['p'])
  t.same(model.queue.projectsFrom(4), [])
})

t.test('ahead() counts who would go first in the project', async (t) => {
  const model = queueOf({ priority: 5 }, { priority: 9 }, { priority: 5 }, { priority: 1 })
  model.put(taskOf({ id: idOf(9, 'q'), project: 'q', spec: { priority: 10 } }))
  const ahead = (number: number): number =>
    model.queue.ahead(model.rows.get(idOf(number)) ?? taskOf({}), 0)
  t.same([1, 0, 2, 3].map(ahead), [0, 1, 2, 3])
})

t.test('goesFirst() is a strict order', async () => {
  const candidate = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    project: fc.constantFrom('p', 'q'),
    effective: fc.integer({ min: 0, max: 1 }),
    enqueuedMs: fc.integer({ min: 0, max: 1 }),
  })
  const turnOf = (project: string): number => (project === 'p' ? 1 : 2)
  const less = (a: Candidate, b: Candidate): boolean => goesFirst(a, b, turnOf)
  fc.assert(
    fc.property(candidate, candidate, candidate, (a, b, c) => {
      if (less(a, b) && less(b, a)) return false
      return !(less(a, b) && less(b, c)) || less(a, c)
    }),
    { numRuns: 2_000 },
  )
})

const STATES: readonly TaskState[] = [
  'suspended',
  'available',
  'assigned',
  'executing',
  'scheduled',
  'completed',
]

const spec = fc.record(
  {
    priority: fc.constantFrom(0, 4, 5, 5, 6, 8, 9, 10),
    requires: fc.constantFrom([], [], ['gpu'], ['gpu', 'eu'], ['eu', 'gpu']),
    concurrency: fc.constantFrom(
      undefined,
      { key: 'a', max: 1 },
      { key: 'a', max: 2 },
      { key: 'b', max: 1 },
    ),
  },
  { noNullPrototype: true },
)

const move = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      number: fc.integer({ min: 0, max: 15 }),
      project: fc.constantFrom('p', 'q', 'r'),
      spec,
      enqueuedMs: fc.integer({ min: 0, max: 4 }).map((steps) => steps * 7 * MINUTE_MS),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('become' as const),
      number: fc.integer({ min: 0, max: 15 }),
      state: fc.constantFrom(...STATES),
      paused: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('pause' as const),
      project: fc.constantFrom('p', 'q', 'r'),
      paused: fc.boolean(),
    }),
  },
)

const offers: readonly Offer[] = [[], ['gpu'], ['eu'], ['eu', 'gpu']].map((labels) => ({
  kinds: ['shell'],
  labels,
}))

const PROJECTS = ['p', 'q', 'r'] as const

t.test('best() is what the plain rule says, whatever happened before', async () => {
  const turnOf = (project: string): number => ['q', 'r', 'p'].indexOf(project)
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const model = new QueueModel()
      return moves.every((each, at) => {
        if (each.type === 'pause') model.pause(each.project, each.paused)
        else if (each.type === 'put') {
          const id = idOf(each.number, each.project)
          if (!model.rows.has(id)) model.put(taskOf({ ...each, id }))
        } else {
          const { number, state, paused } = each
          for (const project of PROJECTS) model.become(idOf(number, project), { state, paused })
        }
        const nowMs = at * MINUTE_MS
        const counted = PROJECTS.every(
          (project) => model.queue.pendingCount(project) === model.pending(project),
        )
        return (
          counted &&
          offers.every((offer) => {
            const best = model.queue.best(offer, nowMs, turnOf)
            return best?.id === model.inOrder(offer, nowMs, turnOf)[0]?.id
          })
        )
      })
    }),
    { numRuns: 300 },
  )
})
