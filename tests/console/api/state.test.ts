import t from 'tap'
import { TaskFigures } from '../../../actors/task-figures.ts'
import { Histogram } from '../../../runtime/histogram.ts'
import { specOf } from '../../node/admin/fleet-of.ts'
import { ask } from '../ask.ts'
import { consoleOf, LOCAL_SECRET } from '../console-of.ts'

t.test('the probes say only whether, to anybody', async (t) => {
  const { base } = await consoleOf(t)
  for (const path of ['/livez', '/readyz', '/health']) {
    const answer = await fetch(base + path)
    t.equal(answer.status, 200)
    t.same(await answer.json(), { status: 'ok' })
    const head = await fetch(base + path, { method: 'HEAD' })
    t.equal(head.status, 200)
    t.equal(await head.text(), '')
  }
})

t.test('a node that takes no tasks is alive and not ready, and says not why', async (t) => {
  const { base, fleet } = await consoleOf(t)
  fleet.reason = 'the holder of terminals does not answer'
  for (const path of ['/readyz', '/health']) {
    const answer = await fetch(base + path)
    t.equal(answer.status, 503, path)
    t.same(await answer.json(), { status: 'unready' })
  }
  t.equal((await fetch(`${base}/livez`)).status, 200)
  fleet.reason = undefined
  t.equal((await fetch(`${base}/readyz`)).status, 200)
})

t.test('health says what, and what would fix it, and what serves', async (t) => {
  const { get, console } = await consoleOf(t)
  const answer = await (await get('/api/health')).json()
  t.match(answer, { status: 'warning', served: console.served })
  t.match(answer, { notes: [{ level: 'ok' }, { level: 'warning', fix: 'add two nodes' }] })
})

t.test('status is what the fleet says', async (t) => {
  const { get, fleet } = await consoleOf(t)
  fleet.add(specOf(), { project: 'default', by: 'local' })
  t.match(await (await get('/api/status')).json(), {
    node: 'one',
    nodes: [{ slots: 4, busy: 1 }],
    counts: { available: 1 },
  })
})

t.test('metrics are in the text format of Prometheus', async (t) => {
  const hot = new Histogram()
  for (const ms of [1, 2, 1_000_000]) hot.add(ms)
  const measures = { tasks: new TaskFigures(), commits: () => ({ hot }) }
  const { get, fleet, base } = await consoleOf(t, { measures })
  fleet.add(specOf(), { project: 'default', by: 'local' })
  await fetch(`${base}/api/status`)
  const answer = await get('/metrics')
  t.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  t.match(text, /^architect_tasks\{state="available"\} 1$/m)
  t.match(text, /^architect_loop_lag_seconds\{node="one"\} 0\.0015$/m)
  t.match(text, /^architect_http_refused_total\{step="session"\} 1$/m)
  t.match(text, /^architect_http_in_flight 1$/m, 'this one')
  t.match(text, /^architect_actor_messages_total\{actor="idle"\} 0$/m)
  t.match(text, /^architect_dead_letters_total\{reason="late"\} 1$/m)
  t.match(text, /^architect_tasks_ended_total\{state="failed"\} 0$/m)
  t.match(text, /^architect_store_commit_seconds_bucket\{store="hot",le="0\.0025"\} 2$/m)
  t.match(text, /^architect_store_commit_seconds_bucket\{store="hot",le="\+Inf"\} 3$/m)
  t.match(text, /^architect_store_commit_seconds_sum\{store="hot"\} 1000\.003$/m)
  t.match(text, /^architect_store_commit_seconds_count\{store="hot"\} 3$/m)
  t.match(text, /^architect_task_wait_seconds_bucket\{le="600"\} 0$/m)
  const lines = text.trimEnd().split('\n')
  const line = /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? -?[\d.e+-]+)$/
  t.same(
    lines.filter((each) => !line.test(each)),
    [],
  )
})

t.test('once it stops, it says that it takes no more, and ends what is open', async (t) => {
  const { base, console, fleet, post, page, signIn } = await consoleOf(t)
  fleet.held = []
  const submitted = post('/api/tasks', { argv: ['a'] })
  while (fleet.held.length < 1) await new Promise((resolve) => setImmediate(resolve))
  const { key } = await signIn()
  const open = await page(key)
  const stopped = console.stop(10_000)
  for (const [path, status] of [
    ['/readyz', 503],
    ['/health', 503],
    ['/livez', 200],
  ] as const) {
    const answer = await fetch(base + path)
    t.equal(answer.status, status, path)
    t.same(await answer.json(), { status: status === 200 ? 'ok' : 'unready' })
  }
  t.match(await open.hear('bye'), { why: 'drain', retryMs: Number })
  t.equal(await open.closed, 4503)
  for (const release of fleet.held) release()
  t.equal((await submitted).status, 201, 'what was under way is answered')
  await stopped
  await t.rejects(fetch(`${base}/livez`), 'and then nobody is there')
})

t.test('a stop does not wait longer than it was told to', async (t) => {
  const { console, fleet, post } = await consoleOf(t)
  fleet.held = []
  const submitted = post('/api/tasks', { argv: ['a'] })
  while (fleet.held.length < 1) await new Promise((resolve) => setImmediate(resolve))
  const outcome = t.rejects(submitted)
  await console.stop(50)
  await outcome
})

t.test('a path that is not there is told to those who may look, and to nobody else', async (t) => {
  const { get, port } = await consoleOf(t)
  t.equal((await get('/api/nothing')).status, 404)
  const headers = { host: `localhost:${port}` }
  t.equal((await ask(port, { path: '/api/nothing', headers })).status, 401)
  const known = { ...headers, authorization: `Bearer ${LOCAL_SECRET}` }
  const socket = await ask(port, { path: '/ws', headers: known })
  t.match(socket, { status: 426, headers: { upgrade: 'websocket' } })
})
