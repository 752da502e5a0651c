import t from 'tap'
import { RuntimeError } from '../../../runtime/errors.ts'
import type { Attempt, Outcome, TaskId } from '../../../actors/task/task.ts'
import type { MemoryFleet } from '../admin/fleet-of.ts'
import { MemoryOutput } from '../admin/fleet-of.ts'
import { doorOf } from '../admin/door-of.ts'
import { nodeOf, start, tell, type Running, type TestNode } from './gaia-of.ts'

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}

function run(node: TestNode, ...flags: readonly string[]): Running {
  return start(['run', '--data', node.directory, ...flags, '--', 'make', '-j', '--all'])
}

/** Starts the first attempt of the only task, and gives its output. */
async function begun(fleet: MemoryFleet): Promise<{ id: TaskId; output: MemoryOutput }> {
  await until(() => fleet.tasks.size > 0)
  const [id = ''] = fleet.tasks.keys()
  const output = new MemoryOutput()
  fleet.outputs.set(id, output)
  fleet.change(id, { state: 'executing', reason: 'runs', attempt: 1, attempts: [attemptOf(1)] })
  return { id, output }
}

function attemptOf(attempt: number): Attempt {
  return { attempt, store: 's1', boot: 1, node: 'one', assignedMs: 1, startedMs: 2 }
}

function finish(fleet: MemoryFleet, id: TaskId, outcome: Outcome): void {
  fleet.outputs.get(id)?.end()
  const state = outcome.class === 'ok' ? 'completed' : 'failed'
  fleet.change(id, { state, reason: outcome.message ?? outcome.class, outcome })
}

t.test('gaia run shows the output live and ends with the code of the command', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const running = run(node, '--priority', '8', '--label', 'a', '--label', 'b', '--env', 'X=1')
  const { id, output } = await begun(node.fleet)
  output.append('hi\n')
  await until(() => running.out() === 'hi\n')
  output.append(Buffer.from([0xff, 0x00, 0x0a]))
  finish(node.fleet, id, { class: 'exit', code: 3 })
  const ended = await running.ended
  t.equal(ended.code, 3)
  t.equal(ended.err, '')
  t.match(node.fleet.submitted[0]?.specs[0], {
    argv: ['make', '-j', '--all'],
    priority: 8,
    labels: ['a', 'b'],
    env: { X: '1' },
    workdir: process.cwd(),
  })
})

t.test('gaia run --unique says what a conflict does, and for how long', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const flags = ['--unique', 'docs', '--conflict', 'replace', '--window', '1h30m']
  t.equal((await run(node, '--detach', ...flags).ended).code, 0)
  t.equal((await run(node, '--detach', '--unique', 'docs').ended).code, 0)
  t.same(
    node.fleet.submitted.map(({ specs }) => specs[0]?.unique),
    [
      { key: 'docs', onConflict: 'replace', windowMs: 5_400_000 },
      { key: 'docs', onConflict: 'ignore', windowMs: 0 },
    ],
  )
})

t.test('gaia run has a flag for every condition of a task', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const after = node.fleet.nextId()
  const flags = ['--after', after, '--not-before', '2026-12-24T18:00Z', '--expires', '60d']
  const more = [
    '--concurrency',
    'a=b=2',
    '--start-within',
    '1h',
    '--timeout',
    '2m',
    '--total',
    '3d',
  ]
  const last = ['--on-lost', 'ask', '--retries', '4', '--meta', 'ticket=a=7', '--meta', 'empty=']
  const beforeMs = Date.now()
  t.equal((await run(node, '--detach', ...flags, ...more, ...last).ended).code, 0)
  const spec = node.fleet.submitted[0]?.specs[0]
  t.match(spec, {
    after: [after],
    notBeforeMs: Date.UTC(2026, 11, 24, 18),
    concurrency: { key: 'a=b', max: 2 },
    timeouts: { scheduleToStartMs: 3_600_000, startToCloseMs: 120_000, totalMs: 259_200_000 },
    onLost: 'ask',
    retry: { max: 4, onExit: true },
    metadata: { ticket: 'a=7', empty: '' },
  })
  const inMs = (spec?.expiresMs ?? 0) - beforeMs
  t.ok(inMs >= 5_184_000_000 && inMs < 5_184_060_000, `it expires in ${inMs} ms`)
})

const CODES: readonly [outcome: Outcome, code: number, says: string][] = [
  [{ class: 'ok', code: 0 }, 0, ''],
  [{ class: 'exit', code: 255 }, 255, ''],
  [{ class: 'crash', signal: 'SIGKILL' }, 137, 'failed'],
  [{ class: 'timeout', signal: 'SIGINT', message: 'ran for 2 h' }, 255, 'ran for 2 h'],
  [{ class: 'timeout', code: 0, message: 'ran for 2 h' }, 255, 'ran for 2 h'],
  [{ class: 'cancelled', signal: 'SIGTERM' }, 255, 'failed'],
  [{ class: 'invalid', message: 'no such directory' }, 255, 'no such directory'],
]

t.test('gaia run ends with 128 + n after signal n, and with 255 for all else', async (t) => {
  for (const [outcome, code, says] of CODES) {
    const node = await nodeOf()
    const running = run(node)
    const { id } = await begun(node.fleet)
    finish(node.fleet, id, outcome)
    const ended = await running.ended
    t.equal(ended.code, code, outcome.class)
    t.match(ended.err, says, outcome.class)
    await node.stop()
  }
})

t.test('gaia run goes on at the same byte after the node was lost', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const running = run(node)
  const { id, output } = await begun(node.fleet)
  output.append('one ')
  await until(() => running.out() === 'one ')
  await node.door.stop(0)
  await until(() => /waiting for it/.test(running.err()))
  output.append('two ')
  const second = await doorOf({ fleet: node.fleet })
  t.teardown(second.stop)
  await tell(node.directory, second)
  await until(() => running.out() === 'one two ')
  output.append('three')
  finish(node.fleet, id, { class: 'ok', code: 0 })
  const ended = await running.ended
  t.equal(ended.out, 'one two three')
  t.equal(ended.code, 0)
  t.match(ended.err, 'the node is back')
})

t.test('gaia run repeats its submit under the same key while the outcome is unknown', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const submit = node.fleet.submit.bind(node.fleet)
  const tries: number[] = []
  const keys = new Set<string>()
  node.fleet.submit = async (request) => {
    tries.push(request.try)
    keys.add(request.key)
    const answer = await submit(request)
    if (request.try < 3) throw new RuntimeError('UNAVAILABLE', 'Cannot tell: outcome unknown')
    return answer
  }
  const ended = await run(node, '--detach').ended
  t.same(tries, [1, 2, 3])
  t.equal(keys.size, 1)
  t.equal(node.fleet.tasks.size, 1)
  t.equal(ended.out, `${[...node.fleet.tasks.keys()][0]}\n`)
  t.equal(ended.code, 0)
})

t.test('gaia run shows the output of the next attempt after that of the last', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const running = run(node)
  const { id, output } = await begun(node.fleet)
  output.append('first ')
  output.end()
  await until(() => running.out() === 'first ')
  node.fleet.change(id, { state: 'scheduled', reason: 'tries again in 15 s' })
  const next = new MemoryOutput()
  node.fleet.outputs.set(id, next)
  next.append('second')
  const attempts = [attemptOf(1), attemptOf(2)]
  node.fleet.change(id, { state: 'executing', reason: 'runs', attempt: 2, attempts })
  finish(node.fleet, id, { class: 'ok', code: 0 })
  t.match(await running.ended, { code: 0, out: 'first second' })
})

t.test('the first Ctrl-C cancels the task, and gaia run ends with 130', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const running = run(node)
  const { id, output } = await begun(node.fleet)
  output.append('x')
  await until(() => running.out() === 'x')
  running.child.kill('SIGINT')
  running.child.kill('SIGINT') // The launcher's echo of the same key.
  const ended = await running.ended
  t.equal(ended.code, 130)
  t.equal(node.fleet.tasks.get(id)?.state, 'cancelled')
  t.match(ended.err, /cancelling t07/)
})

t.test('the second Ctrl-C leaves at once', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const running = run(node)
  const { id } = await begun(node.fleet)
  node.fleet.act = async () => node.fleet.change(id, { cancelling: true })
  await until(() => node.fleet.outputs.get(id)?.followers === 1)
  running.child.kill('SIGINT')
  await until(() => /cancelling/.test(running.err()))
  await new Promise((resolve) => setTimeout(resolve, 350))
  running.child.kill('SIGINT')
  const ended = await running.ended
  t.equal(ended.code, 130)
  t.match(ended.err, `gaia task logs --follow ${id}`)
})

t.test('gaia run --json tells events, one a line, the result last', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const running = run(node, '--json')
  const { id, output } = await begun(node.fleet)
  output.append('grüße')
  finish(node.fleet, id, { class: 'exit', code: 4 })
  const { out, code } = await running.ended
  t.equal(code, 4)
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.same(
    events.map(({ seq }) => seq),
    events.map((_, at) => at + 1),
  )
  t.match(events[0], { event: 'task.queued', id })
  t.match(
    events.find(({ event }) => event === 'task.output'),
    { offset: 0, bytes: 7, text: 'grüße' },
  )
  t.match(events.at(-1), { event: 'task.result', id, state: 'failed', exitCode: 4 })
})

t.test('gaia task logs shows what there is; with --follow it goes on to the end', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const detached = await run(node, '--detach').ended
  const id = detached.out.trim()
  const { output } = await begun(node.fleet)
  output.append('one ')
  t.match(await node.gaia('task', 'logs', id), { code: 0, out: 'one ' })
  t.match(await node.gaia('task', 'logs', id, '--from', '2'), { out: 'e ' })
  const following = start(['task', 'logs', '--follow', id, '--data', node.directory])
  await until(() => following.out() === 'one ')
  output.append('two')
  output.end()
  t.match(await following.ended, { code: 0, out: 'one two' })
  const json = await node.gaia('task', 'logs', id, '--json')
  t.match(JSON.parse(json.out), { event: 'task.output', offset: 0, text: 'one two' })
  t.match(await node.gaia('task', 'logs', 'none'), { code: 2, err: /Cannot find/ })
})

t.test('output goes on at the same byte after a shard that is not led for a while', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const id = (await run(node, '--detach').ended).out.trim()
  const { output } = await begun(node.fleet)
  output.append('one ')
  const follow = node.fleet.output.bind(node.fleet)
  const offsets: number[] = []
  node.fleet.output = (request, sink) => {
    offsets.push(request.fromOffset)
    if (offsets.length > 1 && offsets.length < 5) {
      sink.failed(new RuntimeError('UNAVAILABLE', 'Cannot decide: nobody leads it'))
      return { resume: () => undefined, close: () => undefined }
    }
    const following = follow(request, sink)
    if (offsets.length === 1) {
      sink.failed(new RuntimeError('NOT_LEADER', 'Cannot decide: somebody else leads it'))
      following.close()
    }
    return following
  }
  const following = start(['task', 'logs', '--follow', id, '--data', node.directory])
  await until(() => offsets.length === 5)
  output.append('two')
  output.end()
  const ended = await following.ended
  t.match(ended, { code: 0, out: 'one two' })
  t.same(offsets, [0, 4, 4, 4, 4])
  t.equal(ended.err.match(/waiting for it/g)?.length, 1, 'it is told once')
  t.equal(ended.err.match(/the node is back/g)?.length, 1)
})

t.test('gaia tasks --watch shows each change as it happens', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const watching = start(['tasks', '--watch', '--data', node.directory])
  await until(() => node.fleet.watchers.size === 1)
  await run(node, '--detach').ended
  await begun(node.fleet)
  await until(() => /executing/.test(watching.out()))
  watching.child.kill('SIGKILL')
  await watching.ended
})
