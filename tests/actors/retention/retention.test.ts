import t from 'tap'
import type { Reply, SubmitCommand } from '../../../actors/task/command.ts'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import { shardOfProject, shardOfTask, taskIdOf } from '../../../actors/task/task-id.ts'
import { NodeBench } from '../node-of.ts'

const DAY_MS = 86_400_000
const ROUND_MS = 61_000

function isGone(bench: NodeBench, id: string): boolean {
  const reply = bench.ask(shardOfTask(id) ?? -1, { type: 'get', task: id })
  return !(reply instanceof Error) && reply.type === 'refused' && reply.code === 'NOT_FOUND'
}

t.test('an ended task is forgotten at its age, with its output, and no other is', async (t) => {
  const bench = new NodeBench({ retention: { historyDays: 1 } }).start()
  const old = bench.submit()
  const live = bench.submit({ notBeforeMs: bench.clock.wallMs() + 9 * DAY_MS })
  bench.advance(DAY_MS / 2)
  const young = bench.submit()
  bench.advance(DAY_MS / 2 - ROUND_MS)
  t.equal(bench.task(old).state, 'completed')
  t.ok(bench.holder.output({ task: old, attempt: 1 }))
  bench.advance(2 * ROUND_MS)
  t.ok(isGone(bench, old))
  t.equal(bench.holder.output({ task: old, attempt: 1 }), undefined)
  t.equal(bench.task(live).state, 'scheduled')
  t.equal(bench.task(young).state, 'completed')
  bench.restart()
  t.ok(isGone(bench, old), 'after a crash too')
})

t.test('of too many ended tasks the oldest are forgotten', async (t) => {
  const bench = new NodeBench({ retention: { historyTasksMax: 4 } }).start()
  const ids = Array.from({ length: 7 }, () => {
    const id = bench.submit()
    bench.advance(1_000)
    return id
  })
  bench.advance(ROUND_MS)
  t.same(
    ids.map((id) => isGone(bench, id)),
    [true, true, true, false, false, false, false],
  )
})

t.test('shards bear their part of too many by how much they have', async (t) => {
  const bench = new NodeBench({ retention: { historyTasksMax: 6 } }).start()
  const ids = ['a', 'a', 'a', 'a', 'a', 'a', 'b', 'b', 'b'].map((project) => {
    const id = bench.submit({}, project)
    bench.advance(1_000)
    return id
  })
  bench.advance(ROUND_MS)
  const kept = ids.map((id) => (isGone(bench, id) ? '-' : 'x')).join('')
  t.equal(kept, '--xxxx-xx')
})

t.test('a clock that was set ahead makes nothing old', async (t) => {
  const bench = new NodeBench({ retention: { historyDays: 1 } }).start()
  const id = bench.submit()
  bench.advance(ROUND_MS)
  bench.clock.wallSkewMs = 365 * DAY_MS
  bench.advance(DAY_MS / 2)
  t.equal(bench.task(id).state, 'completed')
})

t.test('a key is kept as long as its task and its own time, and then is nobody’s', async (t) => {
  const bench = new NodeBench({ retention: { historyTasksMax: 0, keyDays: 1 } }).start()
  const first = submit(bench, 'same')
  bench.advance(ROUND_MS)
  t.ok(isGone(bench, first))
  const beforeMs = bench.clock.wallMs() - DAY_MS
  bench.ask(shardOfProject('p'), { type: 'forgetKeys', keys: [KEY_ID], beforeMs })
  t.equal(submit(bench, 'same'), first, 'its task is gone, its time is not')
  bench.advance(1.1 * DAY_MS)
  t.not(submit(bench, 'same'), first)
})

t.test('a key whose task is still there is kept, however old', async (t) => {
  const bench = new NodeBench({ retention: { keyDays: 1 } }).start()
  const first = submit(bench, 'same')
  bench.advance(1.1 * DAY_MS)
  t.equal(submit(bench, 'same'), first)
})

/** As its row is called. */
const KEY_ID = 'p:same'
let count = 0

/** The id of the task that a key stands for, made now if there is none. */
function submit(bench: NodeBench, key: string): string {
  const shard = shardOfProject('p')
  const id = taskIdOf(shard, String(++count).padStart(26, '0'))
  const tasks = [{ id, spec: parseSpec({ argv: ['ok'] }) }]
  const command = { type: 'submit', project: 'p', tasks, key, try: 1, by: 'test' } as const
  const reply = bench.ask(shard, { ...command, digest: 'same' } satisfies SubmitCommand) as Reply
  return reply.type === 'submitted' ? (reply.ids[0] ?? '') : reply.type
}
