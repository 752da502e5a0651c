import t from 'tap'
import {
  briefSpec,
  briefTask,
  USUAL_SPEC,
  wholeSpec,
  wholeTask,
} from '../../../actors/task/brief.ts'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import type { Task } from '../../../actors/task/task.ts'

const { after: _, ...others } = USUAL_SPEC
const unusual = parseSpec({ argv: ['true'], env: { A: '1' }, priority: 9, terminal: { cols: 80 } })

function taskOf(change: Partial<Task>): Task {
  return {
    id: 't07-01J00000000000000000000000',
    project: 'p',
    spec: wholeSpec({ argv: ['true'], title: 'true' }),
    by: 'local',
    state: 'available',
    reason: 'waiting for a slot',
    createdMs: 1,
    updatedMs: 2,
    enqueuedMs: 3,
    version: 4,
    dependencies: [],
    dependents: [],
    paused: false,
    cancelling: false,
    attempt: 0,
    attempts: [],
    retriesUsed: 0,
    ...change,
  }
}

t.test('parseSpec() leaves out what is as usual, said or not', async (t) => {
  t.strictSame(parseSpec({ argv: ['true'] }), { argv: ['true'], title: 'true' })
  t.strictSame(parseSpec({ argv: ['true'], ...others }), { argv: ['true'], title: 'true' })
  t.strictSame(Object.keys(unusual).toSorted(), ['argv', 'env', 'priority', 'terminal', 'title'])
})

t.test('wholeSpec() fills in what was left out, and shares it', async (t) => {
  t.strictSame(briefSpec(wholeSpec(unusual)), unusual)
  t.match(wholeSpec(unusual), { priority: 9, terminal: { cols: 80, rows: 40 }, onLost: 'retry' })
  const [one, other] = [wholeSpec(unusual), wholeSpec({ argv: ['false'], title: '' })]
  t.equal(one.timeouts, other.timeouts)
})

t.test('wholeTask() makes the task that briefTask() was given', async (t) => {
  const attempts = [{ attempt: 1, store: 's', boot: 1, node: 'n', assignedMs: 5 }]
  for (const task of [
    taskOf({}),
    taskOf({ spec: wholeSpec(unusual), paused: true, retriesUsed: 2 }),
    taskOf({ attempt: 1, attempts, state: 'executing' }),
    taskOf({ dependencies: [{ id: 't07-01J00000000000000000000001', state: 'waiting' }] }),
  ]) {
    t.strictSame(wholeTask(briefTask(task)), task)
  }
})

t.test('briefTask() keeps of a fresh task only what tells it from others', async (t) => {
  t.strictSame(Object.keys(briefTask(taskOf({}))).toSorted(), [
    ...['by', 'createdMs', 'enqueuedMs', 'id', 'project', 'reason', 'spec', 'state'],
    ...['updatedMs', 'version'],
  ])
})
