import t from 'tap'
import { KINDS } from '../../../actors/task/kinds.ts'
import { RECORDS } from '../../../actors/task/records.ts'
import { TASK_STATES } from '../../../actors/task/task.ts'
import { taskOf } from '../task-of.ts'

t.test('every kind has a record that says what it holds', async (t) => {
  for (const [name, { kind, version }] of Object.entries(KINDS)) {
    t.equal(kind, name)
    t.ok(version >= 1)
    t.ok(RECORDS[name]?.summary, `${name} is described`)
  }
})

t.test('the record of a task takes its row, and no field that it does not name', async (t) => {
  const schema = RECORDS['task']?.schema
  t.ok(schema?.safeParse(taskOf({})).success)
  t.notOk(schema?.safeParse({ ...taskOf({}), color: 'red' }).success)
})

t.test('a task that has ended is history, with a summary for lists', async (t) => {
  const { task } = KINDS
  const ends = ['completed', 'failed', 'cancelled', 'expired', 'discarded']
  for (const state of TASK_STATES) {
    t.equal(task?.finished?.(taskOf({ state })), ends.includes(state), state)
  }
  t.match(task?.listed?.(taskOf({ state: 'failed', updatedMs: 7 })), {
    ...{ atMs: 7, summary: { state: 'failed', updatedMs: 7, priority: 5, title: 'ok' } },
  })
})

t.test('the rows beside a task fold as they say', async (t) => {
  const at = { id: 'x', atMs: 5 }
  const folded = (kind: string, row: unknown, event: object): unknown =>
    KINDS[kind]?.fold(row, { kind, type: '', ...at, ...event })
  t.same(folded('unique', undefined, { type: 'taken', task: 't' }), { task: 't' })
  t.equal(folded('unique', { task: 't' }, { type: 'freed' }), undefined)
  t.same(folded('project', undefined, { type: 'paused', by: 'ann' }), { paused: true, by: 'ann' })
  t.same(folded('project', {}, { type: 'resumed', by: 'ann' }), { paused: false, by: 'ann' })
  t.same(folded('tally', { failed: 1 }, { state: 'failed', by: 1 }), { failed: 2 })
  t.same(folded('tally', undefined, { state: 'expired', by: -1 }), { expired: -1 })
  const answer = { digest: 'd', reply: { type: 'done' } }
  t.same(folded('key', undefined, answer), { ...answer, atMs: 5 })
})
