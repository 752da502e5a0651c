import t from 'tap'
import { parseSpec } from '../../actors/task/parse-spec.ts'
import type { SubmitRequest } from '../../actors/fleet.ts'
import { NodeBench } from './node-of.ts'

function requestOf(key: string, more: Partial<SubmitRequest> = {}): SubmitRequest {
  return { project: 'p', specs: [parseSpec({ argv: ['ok'] })], key, try: 1, by: 'test', ...more }
}

t.test('a nearly full disk takes no task, says why, and takes it once there is room', async (t) => {
  const bench = new NodeBench({ slots: 0 }).start()
  const { fleet } = bench.node
  const submit = (request: SubmitRequest) => bench.result(fleet.submit(request))
  await submit(requestOf('before'))
  for (const stage of ['scarce', 'full'] as const) {
    bench.space.become(stage)
    const refusal = {
      code: 'STORE_FULL',
      message: 'Cannot submit to "p": the disk is nearly full',
      retryable: true,
      retryAfterMs: 5_000,
    }
    await t.rejects(submit(requestOf('new')), refusal, stage)
    const unknown = { code: 'UNAVAILABLE', details: { outcome: 'unknown' }, retryAfterMs: 5_000 }
    await t.rejects(
      submit(requestOf('new', { try: 2 })),
      unknown,
      'an earlier try may be taken yet',
    )
    t.match(
      await submit(requestOf('before', { try: 2 })),
      { repeated: true },
      'a known key is known',
    )
  }
  bench.space.become('ample')
  t.match(await submit(requestOf('new', { try: 3 })), { repeated: false }, 'it was not remembered')
})

t.test('a full disk holds up every change but to cancel', async (t) => {
  const bench = new NodeBench({ slots: 0 }).start()
  const { fleet } = bench.node
  const [one, two] = [bench.submit(), bench.submit()]
  const act = (action: 'pause' | 'prioritize' | 'retry' | 'cancel', id: string) =>
    bench.result(fleet.act({ action, id, by: 'bob', priority: 9 }))
  bench.space.become('scarce')
  t.match(await act('prioritize', one), { spec: { priority: 9 } }, 'not yet')
  bench.space.become('full')
  for (const action of ['pause', 'prioritize', 'retry'] as const) {
    await t.rejects(act(action, one), { code: 'STORE_FULL' }, action)
  }
  await t.rejects(bench.result(fleet.pauseProject('p', true, 'bob')), { code: 'STORE_FULL' })
  const everything = { filter: { project: 'p' }, by: 'bob' }
  const nothing = (): undefined => undefined
  await t.rejects(bench.result(fleet.bulk({ ...everything, action: 'pause' }, nothing)), {
    code: 'STORE_FULL',
  })
  t.match(await act('cancel', one), { state: 'cancelled' })
  t.match(await bench.result(fleet.bulk({ ...everything, action: 'cancel' }, nothing)), {
    changed: 1,
  })
  t.match(await bench.result(fleet.task(two)), { state: 'cancelled' }, 'and reads are as ever')
})

t.test(
  'what runs on a full disk ends as it would; nothing new starts until there is room',
  async (t) => {
    const bench = new NodeBench({ slots: 2 }).start()
    const running = bench.submit({ argv: ['ok'] })
    bench.advance(1)
    const waiting: string[] = []
    bench.space.become('low')
    waiting.push(bench.submit(), bench.submit(), bench.submit())
    bench.space.become('full')
    bench.advance(60_000)
    const states = waiting.map((id) => bench.task(id).state)
    t.equal(bench.task(running).state, 'completed')
    t.ok(states.includes('available'), 'credits that were given are used, and then no more')
    const started = bench.starts.length
    bench.advance(60_000)
    t.equal(bench.starts.length, started)
    bench.space.become('ample')
    bench.advance(5_000)
    for (const id of waiting) t.equal(bench.task(id).state, 'completed')
  },
)
