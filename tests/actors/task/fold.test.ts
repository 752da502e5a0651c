import t from 'tap'
import { fold, isUnknown, runs } from '../../../actors/task/fold.ts'
import type { Task, TaskEvent, TaskState } from '../../../actors/task/task.ts'
import { idOf, taskOf } from '../task-of.ts'

const AT_MS = 1_000_000

type Facts<E> = E extends unknown ? Omit<E, 'kind' | 'id' | 'atMs'> : never

function after(task: Task | undefined, facts: Facts<TaskEvent>, atMs = AT_MS): Task | undefined {
  return fold(task, { kind: 'task', id: idOf(1), atMs, ...facts } as TaskEvent)
}

const ATTEMPT = { attempt: 1, store: 's1', boot: 1, node: 'n1', assignedMs: 0 }
const OK = { class: 'ok', code: 0 } as const
const ENDED = { attempts: [{ ...ATTEMPT, startedMs: 0, endedMs: 1, outcome: OK }], attempt: 1 }
const UNKNOWN = { class: 'unknown' } as const

/** A row in each state. */
const ROWS: Readonly<Record<TaskState, Task>> = {
  suspended: taskOf({
    state: 'suspended',
    dependencies: [{ id: idOf(2), state: 'waiting' }],
  }),
  scheduled: taskOf({ state: 'scheduled', wakeMs: AT_MS + 5 }),
  available: taskOf({}),
  assigned: taskOf({ state: 'assigned', attempt: 1, attempts: [ATTEMPT] }),
  executing: taskOf({ state: 'executing', attempt: 1, attempts: [{ ...ATTEMPT, startedMs: 5 }] }),
  waiting_human: taskOf({
    state: 'waiting_human',
    attempt: 1,
    attempts: [{ ...ATTEMPT, endedMs: 6, outcome: UNKNOWN }],
  }),
  completed: taskOf({ ...ENDED, state: 'completed', outcome: OK }),
  failed: taskOf({ ...ENDED, state: 'failed' }),
  cancelled: taskOf({ state: 'cancelled' }),
  expired: taskOf({ state: 'expired' }),
  discarded: taskOf({ ...ENDED, state: 'discarded' }),
}

const LIVE: readonly TaskState[] = [
  'suspended',
  'scheduled',
  'available',
  'assigned',
  'executing',
  'waiting_human',
]
const IDLE: readonly TaskState[] = ['suspended', 'scheduled', 'available', 'waiting_human']
const ENDS: readonly TaskState[] = ['completed', 'failed', 'cancelled', 'expired', 'discarded']

const end = (state: TaskState) => ({ state, reason: state, retryUsed: false })

/** Each event, and the states in which it may come; in every other it stops the shard. */
const ALLOWED: readonly (readonly [Facts<TaskEvent>, readonly TaskState[]])[] = [
  [{ type: 'released' }, ['suspended', 'scheduled', 'waiting_human']],
  [{ type: 'dependencyHeard', dependency: { id: idOf(2), state: 'completed' } }, LIVE],
  [{ type: 'dependentAdded', dependent: idOf(3) }, LIVE],
  [{ type: 'dependentRemoved', dependent: idOf(3) }, LIVE],
  [{ type: 'assigned', attempt: 1, store: 's', boot: 1, node: 'n' }, ['available']],
  [{ type: 'started', attempt: 1 }, ['assigned']],
  [
    { type: 'attemptEnded', attempt: 1, outcome: OK, next: end('completed') },
    ['assigned', 'executing', 'waiting_human'],
  ],
  [{ type: 'cancelRequested', by: 'bob' }, LIVE],
  [{ type: 'cancelled', by: 'bob' }, IDLE],
  [{ type: 'expired', reason: 'expired' }, IDLE],
  [{ type: 'paused', by: 'bob' }, IDLE],
  [{ type: 'resumed', by: 'bob' }, []],
  [{ type: 'prioritized', priority: 9, by: 'bob' }, LIVE],
  [{ type: 'lateResult', attempt: 1, outcome: OK }, [...LIVE, ...ENDS]],
  [{ type: 'retried', as: idOf(9) }, ENDS],
  [{ type: 'forgotten' }, [...LIVE, ...ENDS]],
  [{ type: 'submitted', task: taskOf({}) }, []],
]

t.test('fold() takes an event where it fits, and stops the shard where it does not', async (t) => {
  for (const [facts, allowed] of ALLOWED) {
    for (const [state, row] of Object.entries(ROWS) as [TaskState, Task][]) {
      const fits = allowed.includes(state)
      if (fits) t.doesNotThrow(() => after(row, facts), `${facts.type} of ${state}`)
      else
        t.throws(() => after(row, facts), { name: 'AssertionError' }, `${facts.type} of ${state}`)
    }
    if (facts.type === 'submitted') t.ok(after(undefined, facts))
    else t.throws(() => after(undefined, facts), /only a submitted task/, facts.type)
  }
})

t.test('fold() takes only what concerns the current attempt', async (t) => {
  const { assigned, executing, available } = ROWS
  t.throws(() => after(assigned, { type: 'started', attempt: 2 }), /the current attempt/)
  const ended = { type: 'attemptEnded', outcome: OK, next: end('completed') } as const
  t.throws(() => after(executing, { ...ended, attempt: 2 }), /the current attempt ends, once/)
  const assign = { type: 'assigned', store: 's', boot: 1, node: 'n' } as const
  t.throws(() => after(available, { ...assign, attempt: 2 }), /attempts grow by one/)
  const paused = { ...available, paused: true }
  t.throws(() => after(paused, { ...assign, attempt: 1 }), /only an available task/)
})

t.test(
  'fold() leaves the row before as it was, and raises the version of the one after',
  async (t) => {
    for (const [facts, allowed] of ALLOWED) {
      for (const state of allowed) {
        const row = ROWS[state]
        const before = JSON.stringify(row)
        const next = after(row, facts)
        t.equal(JSON.stringify(row), before, `${facts.type} of ${state}`)
        if (next) t.match(next, { version: row.version + 1, updatedMs: AT_MS })
      }
    }
  },
)

t.test('fold() gives the same row for the same events', async (t) => {
  const events: Facts<TaskEvent>[] = [
    { type: 'submitted', task: taskOf({}) },
    { type: 'assigned', attempt: 1, store: 's', boot: 1, node: 'n' },
    { type: 'started', attempt: 1 },
    {
      ...{ type: 'attemptEnded', attempt: 1, outcome: { class: 'crash' } },
      next: { state: 'scheduled', reason: 'retry', wakeMs: AT_MS + 9, retryUsed: true },
    },
    { type: 'released' },
  ]
  const run = (): Task | undefined =>
    events.reduce<Task | undefined>((row, facts, at) => after(row, facts, AT_MS + at), undefined)
  t.same(run(), run())
  t.match(run(), { state: 'available', attempt: 1, retriesUsed: 1, version: 5, wakeMs: undefined })
})

t.test('fold() names what a task waits for', async (t) => {
  const person = { ...ROWS.waiting_human, attempts: [{ ...ATTEMPT, endedMs: 1, outcome: UNKNOWN }] }
  for (const [row, reason] of [
    [ROWS.suspended, `waits for ${idOf(2)}`],
    [ROWS.scheduled, 'waits until 1970-01-01T00:16:40Z'],
    [ROWS.available, 'waiting for a slot'],
    [person, 'waits for a person: outcome unknown, its attempt was lost'],
  ] as const) {
    const paused = after(row, { type: 'paused', by: 'bob' })
    t.equal(paused?.reason, 'paused by bob')
    t.equal(after(paused, { type: 'resumed', by: 'bob' })?.reason, reason)
  }
})

t.test('runs() is true from an assignment to the end of its attempt', async (t) => {
  for (const [state, row] of Object.entries(ROWS)) {
    t.equal(runs(row), state === 'assigned' || state === 'executing', state)
    t.equal(isUnknown(row), state === 'waiting_human', state)
  }
})
