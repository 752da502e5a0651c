import t from 'tap'
import { explain } from '../../actors/explanation.ts'
import type { NodeStatus } from '../../actors/fleet.ts'
import type { Task } from '../../actors/task/task.ts'
import { TaskShard } from './tasks-machine/shard-of.ts'
import { idOf, taskOf } from './task-of.ts'

function nodeOf(node: string, more: Partial<NodeStatus> = {}): NodeStatus {
  return {
    ...{ node, storeId: node, status: 'alive', labels: [], slots: 2, busy: 0, cpuPercent: 0 },
    ...{ memoryBytes: 0, memoryTotalBytes: 0, diskFreeBytes: 0, loopLagMs: 0 },
    ...more,
  }
}

const N1 = nodeOf('n1')

function why(shard: TaskShard, id: string, nodes = [N1]): string {
  return explain(shard.task(id), shard.led, nodes).why
}

function stray(task: Task, nodes: readonly NodeStatus[]): string {
  return explain(task, undefined, nodes).why
}

t.test('a task that waits for a slot says how many go first, and how busy it is', async (t) => {
  const shard = new TaskShard()
  const ids = shard.submitAll({ priority: 9 }, {}, {})
  t.equal(why(shard, ids[0] ?? ''), 'waiting: next in project "p", 0 of 2 slots busy')
  const busy = [nodeOf('n1', { busy: 2 }), nodeOf('n2', { slots: 3, busy: 3 })]
  t.equal(
    why(shard, ids[2] ?? '', busy),
    'waiting: 2 ahead of it in project "p", 5 of 5 slots busy',
  )
  t.match(explain(shard.task(ids[2] ?? ''), shard.led, busy), {
    ahead: 2,
    considered: [
      { node: 'n1', fits: true, why: 'is busy' },
      { node: 'n2', fits: true },
    ],
  })
})

t.test('a task that no node may have says why each may not', async (t) => {
  const task = taskOf({ spec: { requires: ['gpu', 'eu'] } })
  for (const [nodes, said] of [
    [[], 'waiting: no node is there'],
    [
      [nodeOf('n1', { labels: ['eu'] }), nodeOf('n2')],
      'waiting: no node with label gpu (n1 has no label gpu, n2 has no labels gpu, eu)',
    ],
    [
      [nodeOf('n1', { labels: ['eu'] }), nodeOf('n2', { labels: ['gpu'] })],
      'waiting: no node with labels gpu, eu together (n1 has no label gpu, n2 has no label eu)',
    ],
    [
      [
        nodeOf('n1', { labels: ['gpu', 'eu'], status: 'draining' }),
        nodeOf('n2', { labels: ['gpu'] }),
      ],
      'waiting: no node takes it (n1 is draining, n2 has no label eu)',
    ],
    [
      ['a', 'b', 'c', 'd', 'e'].map((name) => nodeOf(name)),
      'waiting: no node with labels gpu, eu (a has no labels gpu, eu, b has no labels gpu, eu, c has no labels gpu, eu and 2 more)',
    ],
  ] as const) {
    t.equal(stray(task, nodes), said)
  }
})

t.test('a paused project and a full concurrency key are named', async (t) => {
  const shard = new TaskShard()
  const concurrency = { key: 'deploy', max: 1 }
  shard.run(shard.submit({ concurrency }))
  const id = shard.submit({ concurrency })
  t.equal(why(shard, id), 'waiting: as many as may of concurrency key "deploy" are running')
  shard.ask({ type: 'pauseProject', project: 'p', by: 'bob' })
  t.equal(why(shard, id), 'waiting: the project "p" is paused')
})

t.test('what is waited for is named with its state', async (t) => {
  const shard = new TaskShard()
  const [a = '', b = ''] = shard.submitAll({}, {})
  const id = shard.submit({ after: [a, b] })
  shard.run(a)
  t.equal(why(shard, id), `waiting: for ${a} (executing), ${b} (available)`)
  const remote = taskOf({
    state: 'suspended',
    dependencies: [{ id: idOf(5, 'q'), project: 'q', state: 'waiting' }],
  })
  t.equal(stray(remote, [N1]), `waiting: for ${idOf(5, 'q')} of project "q"`)
})

t.test('a delay and a retry say until when', async (t) => {
  const shard = new TaskShard()
  const delayed = shard.submit({ notBeforeMs: shard.clock.wallMs() + 60_000 })
  t.equal(why(shard, delayed), 'waiting: until 2026-01-01T00:01:00Z')
  const crashed = shard.run(shard.submit({ retry: { jitter: 0 } }))
  shard.finish(crashed, { class: 'crash', signal: 'SIGSEGV' })
  t.equal(
    why(shard, crashed),
    'waiting: until 2026-01-01T00:00:15Z, retry 1 of 3 after crash (SIGSEGV)',
  )
})

t.test('what a person must decide is said, and who paused it', async (t) => {
  const shard = new TaskShard()
  const lost = shard.run(shard.submit({ onLost: 'ask' }))
  shard.ask({ type: 'lose', task: lost, attempt: 1, how: 'died', why: 'its node is silent' })
  t.equal(why(shard, lost), 'waiting: for a person: outcome unknown, its node is silent')
  const failed = shard.run(shard.submit())
  shard.finish(failed, { class: 'exit', code: 1 })
  const blocked = shard.submit({ after: [failed] })
  t.equal(why(shard, blocked), `waiting: for a person: its dependency ${failed} did not complete`)
  shard.ask({ type: 'pause', task: blocked, by: 'bob' })
  t.equal(why(shard, blocked), 'waiting: paused by bob')
})

t.test('a late result is told to the person who decides', async (t) => {
  const task = taskOf({
    ...{ state: 'waiting_human', reason: 'waits for a person: outcome unknown, gone', attempt: 2 },
    lateResults: [{ attempt: 1, outcome: { class: 'ok' } }],
  })
  t.equal(
    stray(task, [N1]),
    'waiting: for a person: outcome unknown, gone; attempt 1 said later: ok',
  )
})

t.test('what runs or has ended says its reason, and what became of it', async (t) => {
  const shard = new TaskShard()
  const id = shard.run(shard.submit())
  t.equal(why(shard, id), 'running on n1')
  shard.finish(id, { class: 'exit', code: 3 })
  t.equal(why(shard, id), 'exit code 3')
  const fresh = shard.nextId()
  shard.ask({ type: 'retry', task: id, by: 'bob', id: fresh })
  t.equal(why(shard, id), `exit code 3; it was done again as ${fresh}`)
})

t.test('every explanation is one line', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ argv: ['sh', '-c', 'a\nb'], concurrency: { key: 'one' } })
  t.notMatch(why(shard, id), /\n/)
})
