import t from 'tap'
import { concise } from '../../../actors/task/history.ts'
import { KINDS } from '../../../actors/task/kinds.ts'
import type { Attempt, Task } from '../../../actors/task/task.ts'
import { encodeValue } from '../../../runtime/storage/format.ts'
import { idOf, taskOf } from '../task-of.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const ID = '01JD8Q4V7Z3M8E9KQ2T5W6X7Y8'

function attemptsOf(count: number, message?: string): Attempt[] {
  const said = message === undefined ? {} : { message }
  return Array.from({ length: count }, (_, at) => ({
    attempt: at + 1,
    store: ID,
    boot: 12,
    node: 'build-machine-01',
    assignedMs: NOW_MS,
    startedMs: NOW_MS,
    endedMs: NOW_MS,
    outcome: { class: 'exit', code: 1, outputBytes: 12_345, ...said },
  }))
}

/** Bytes of a row beside those of its spec. */
function bytesOf(task: Task): number {
  const kind = KINDS['task'] ?? { kind: 'task', version: 1 }
  return encodeValue(kind, task).length - encodeValue(kind, task.spec).length
}

t.test('a row in history takes about 1 KiB beside its spec', async (t) => {
  const attempts = attemptsOf(4)
  const outcome = { class: 'exit', code: 1, outputBytes: 12_345 } as const
  const moments = { createdMs: NOW_MS, updatedMs: NOW_MS, enqueuedMs: NOW_MS, totalDueMs: NOW_MS }
  const usual = { ...moments, outcome, state: 'failed', attempt: 4, retriesUsed: 3 } as const
  const few = taskOf({ ...usual, attempts, reason: 'exit code 1; 3 retries used' })
  t.ok(bytesOf(concise(few)) <= 1_024, `${bytesOf(concise(few))} bytes`)
})

t.test('a row in history is bounded, however much its task went through', async (t) => {
  const long = 'x'.repeat(200)
  const attempts = attemptsOf(10, long)
  const dependencies = Array.from({ length: 100 }, (_, at) => ({
    id: idOf(at),
    project: 'p'.repeat(100),
    state: at % 2 === 0 ? ('completed' as const) : ('waived' as const),
  }))
  const worst = taskOf({
    state: 'discarded',
    reason: long.repeat(9),
    attempt: 10,
    attempts,
    dependencies,
    dependents: Array.from({ length: 10_000 }, (_, at) => idOf(at)),
    lateResults: [1, 2, 3].map((attempt) => ({
      attempt,
      outcome: { class: 'exit', message: long },
    })),
  })
  const kept = concise(worst)
  t.ok(bytesOf(kept) <= 2_048, `${bytesOf(kept)} bytes`)
  t.match(kept, { attempt: 10, dependents: [], dependencies: [{ state: 'waived' }] })
  t.same(
    kept.attempts.map(({ attempt, outcome }) => [attempt, outcome?.message?.length]),
    [
      [7, undefined],
      [8, undefined],
      [9, undefined],
      [10, 200],
    ],
  )
})
