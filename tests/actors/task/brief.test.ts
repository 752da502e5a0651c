import t from 'tap'
import {
  briefEvent,
  briefSpec,
  briefTask,
  USUAL_SPEC,
  wholeEvent,
  wholeSpec,
  wholeTask,
} from '../../../actors/task/brief.ts'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import type { Task, TaskEvent } from '../../../actors/task/task.ts'

const id = 't07-01J00000000000000000000000'
const plain = parseSpec({ argv: ['true'] })
const unusual = parseSpec({ argv: ['true'], env: { A: '1' }, priority: 9, terminal: { cols: 80 } })

function taskOf(change: Partial<Task>): Task {
  return {
    id,
    project: 'p',
    spec: plain,
    by: 'local',
    state: 'available',
    reason: 'waiting for a slot',
    createdMs: 7,
    updatedMs: 7,
    enqueuedMs: 7,
    totalDueMs: 99,
    version: 0,
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

const attempts = [{ attempt: 1, store: 's', boot: 1, node: 'n', assignedMs: 5 }]
const TASKS = [
  taskOf({}),
  taskOf({ spec: unusual, paused: true, retriesUsed: 2, version: 4, updatedMs: 9 }),
  taskOf({ attempt: 1, attempts, state: 'executing', enqueuedMs: 8 }),
  taskOf({ dependencies: [{ id: `${id.slice(0, -1)}1`, state: 'waiting' }] }),
]

t.test('briefSpec() leaves out what is as usual, said or not', async (t) => {
  t.strictSame(briefSpec(plain), { argv: ['true'], title: 'true' })
  t.strictSame(briefSpec(parseSpec({ ...USUAL_SPEC, argv: ['true'] })), briefSpec(plain))
  t.strictSame(Object.keys(briefSpec(unusual)).toSorted(), [
    ...['argv', 'env', 'priority', 'terminal', 'title'],
  ])
})

t.test('wholeSpec() fills in what was left out', async (t) => {
  for (const spec of [plain, unusual]) t.strictSame(wholeSpec(briefSpec(spec)), spec)
})

t.test('parseSpec() gives tasks the same value of what they have as usual', async (t) => {
  t.equal(plain.timeouts, unusual.timeouts)
  t.equal(plain.env, USUAL_SPEC.env)
})

t.test('wholeTask() makes the task that briefTask() was given', async (t) => {
  for (const task of TASKS) t.strictSame(wholeTask(briefTask(task)), task)
})

t.test('wholeEvent() makes the event that briefEvent() was given', async (t) => {
  for (const task of TASKS) {
    const event: TaskEvent = { kind: 'task', id, type: 'submitted', atMs: 7, task }
    t.strictSame(wholeEvent(briefEvent(event)), event)
  }
  const other: TaskEvent = { kind: 'task', id, type: 'started', atMs: 7, attempt: 1 }
  t.strictSame(briefEvent(other), other)
})

t.test('briefEvent() keeps of a plain task what tells it from others', async (t) => {
  const event: TaskEvent = { kind: 'task', id, type: 'submitted', atMs: 7, task: taskOf({}) }
  const { task } = briefEvent(event) as { readonly task: object }
  t.strictSame(Object.keys(task).toSorted(), [
    ...['by', 'project', 'reason', 'spec', 'state', 'totalDueMs'],
  ])
})
