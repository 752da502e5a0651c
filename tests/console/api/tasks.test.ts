import t from 'tap'
import type { TaskPage } from '../../../actors/fleet.ts'
import type { Task } from '../../../actors/task/task.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { specOf } from '../../node/admin/fleet-of.ts'
import { consoleOf } from '../console-of.ts'

const SPEC = { argv: ['echo', 'hi'] }
const BY = { project: 'default', by: 'local' }

interface Failed {
  readonly error: { readonly code: string; readonly message: string; readonly details: object }
}

t.test('a task is a command with its conditions, and goes in as whoever sent it', async (t) => {
  const { post, fleet, credentials, port } = await consoleOf(t)
  const answer = await post('/api/tasks', { ...SPEC, priority: 8, project: 'p' })
  t.equal(answer.status, 201)
  const body = (await answer.json()) as { readonly id: string; readonly ids: readonly string[] }
  t.match(body, { ids: [body.id], repeated: false, copies: 1, receipt: { shard: 7 } })
  t.equal(answer.headers.get('location'), `/api/tasks/${body.id}`)
  t.match(fleet.submitted[0], { project: 'p', by: 'local', try: 1, specs: [{ priority: 8 }] })
  const { secret } = await credentials.createToken({ name: 'ci', role: 'operator' })
  const authorization = `Bearer ${secret}`
  await fetch(`http://127.0.0.1:${port}/api/tasks`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(SPEC),
  })
  t.match(fleet.submitted[1], { project: 'default', by: 'token:ci' })
  t.not(fleet.submitted[0]?.key, fleet.submitted[1]?.key, 'without a key each is another task')
})

t.test('the same key is the same task', async (t) => {
  const { post, fleet } = await consoleOf(t)
  const first = await post('/api/tasks', SPEC, { 'idempotency-key': 'k1' })
  const headers = { 'idempotency-key': '"k1"', 'idempotency-try': '2' }
  const second = await post('/api/tasks', SPEC, headers)
  t.same([first.status, second.status], [201, 200])
  const [one, two] = [await first.json(), await second.json()]
  t.match(two, { ids: (one as { ids: string[] }).ids, repeated: true })
  t.match(fleet.submitted, [
    { key: 'k1', try: 1 },
    { key: 'k1', try: 2 },
  ])
  for (const [name, value] of [
    ['idempotency-key', 'x'.repeat(201)],
    ['idempotency-try', '0'],
    ['idempotency-try', 'second'],
  ] as const) {
    const wrong = await post('/api/tasks', SPEC, { [name]: value })
    t.equal(wrong.status, 400)
    t.match(await wrong.json(), { error: { details: { field: name } } })
  }
})

t.test('several tasks go in together, with ids that name each other', async (t) => {
  const { post, fleet } = await consoleOf(t)
  const ids = [fleet.nextId(), fleet.nextId()]
  const specs = [SPEC, { ...SPEC, after: [ids[0]] }]
  const answer = await post('/api/tasks', { project: 'p', specs, ids })
  t.match(await answer.json(), { ids })
  t.equal(fleet.submitted.length, 1)
})

t.test(
  'what is wrong with a task is named, with what would be right, and nothing is stored',
  async (t) => {
    const { post, fleet } = await consoleOf(t)
    const wrong: readonly (readonly [body: unknown, field: string, message: RegExp])[] = [
      [{}, 'argv', /argv: /],
      [{ argv: [] }, 'argv', /it is empty/],
      [{ argv: 'echo' }, 'argv', /it has to be a list/],
      [{ ...SPEC, priorty: 5 }, '', /"priorty" is not known; did you mean "priority"\?/],
      [{ ...SPEC, prio: 5 }, '', /^Cannot take the task: the field "prio".*"priority"\?$/],
      [{ ...SPEC, projct: 'x' }, '', /"projct" is not known; did you mean "project"\?/],
      [{ ...SPEC, retry: { maxx: 5 } }, 'retry', /"maxx" is not known; did you mean "max"\?/],
      [{ ...SPEC, priority: 11 }, 'priority', /at most 10/],
      [{ ...SPEC, project: 'a b' }, 'project', /the project "a b"|letters, digits/],
      [{ ...SPEC, workdir: 'here' }, 'workdir', /absolute/],
      [{ argv: ['x'.repeat(300_000)] }, 'argv', /300001 bytes, the limit is 262144/],
      [{ specs: [] }, 'specs', /empty/],
      [{ specs: [SPEC, { ...SPEC, lables: [] }] }, 'specs.1', /did you mean "labels"/],
      [[SPEC], '', /it has to be a record|object/],
      ['"text"', '', /record|object/],
      ['{"argv":', '', /it is not JSON/],
      ['{"argv": ["a"], "env": {"__proto__": "x"}}', '', /"__proto__"/],
    ]
    for (const [body, field, message] of wrong) {
      const answer = await post('/api/tasks', body)
      const { error } = (await answer.json()) as Failed
      const what = JSON.stringify(body).slice(0, 80)
      t.equal(answer.status, 400, what)
      t.equal(error.code, 'INVALID_ARGUMENT')
      t.match(error.message, message, what)
      if (field === '') continue
      t.match(error.details, { field }, what)
      if (field !== 'project')
        t.ok(error.message.startsWith(`Cannot take the task: ${field}: `), what)
    }
    t.equal(fleet.submitted.length, 0)
  },
)

t.test('tasks are listed by pages, states, project and label', async (t) => {
  const { get, fleet } = await consoleOf(t)
  const ids = [0, 1, 2].map(() => fleet.add(specOf(), BY))
  fleet.change(ids[0] ?? '', { state: 'failed' })
  fleet.add(specOf({ labels: ['nightly'] }), { ...BY, project: 'p' })
  const list = async (query: string): Promise<TaskPage> =>
    (await (await get(`/api/tasks${query}`)).json()) as TaskPage
  t.equal((await list('')).tasks.length, 4)
  const page = await list('?limit=3&project=default')
  t.same(
    page.tasks.map(({ id }) => id),
    [ids[0], ids[2], ids[1]],
  )
  const first = await list('?limit=3')
  const rest = await list(`?limit=3&cursor=${encodeURIComponent(first.cursor ?? '')}`)
  t.equal(rest.tasks.length, 1)
  t.equal(rest.cursor, undefined)
  t.equal((await list('?state=failed,cancelled')).tasks.length, 1)
  t.equal((await list('?state=failed&state=available')).tasks.length, 4)
  t.equal((await list('?label=nightly')).tasks.length, 1)
  for (const [query, message] of [
    ['?limit=0', /limit: it has to be at least 1/],
    ['?limit=many', /limit: /],
    ['?state=running', /state\.0: /],
    ['?stat=failed', /"stat" is not known; did you mean "state"\?/],
    ['?cursor=x', /cursor/],
  ] as const) {
    const answer = await get(`/api/tasks${query}`)
    t.equal(answer.status, 400, query)
    t.match(((await answer.json()) as Failed).error.message, message)
  }
})

t.test('a task is shown and explained', async (t) => {
  const { get, fleet } = await consoleOf(t)
  const id = fleet.add(specOf({ env: { PATH_X: '/a' } }), BY)
  for (const path of [`/api/tasks/${id}`, `/api/tasks/${id}/explain`])
    t.match(await (await get(path)).text(), '"PATH_X":"/a"')
  t.match(await (await get(`/api/tasks/${id}/explain`)).json(), { ahead: 3, why: String })
})

t.test('a task is cancelled, paused, resumed, tried again and moved', async (t) => {
  const { post, fleet } = await consoleOf(t)
  const id = fleet.add(specOf(), BY)
  const act = async (action: string, body?: unknown): Promise<Task> =>
    (await (await post(`/api/tasks/${id}/${action}`, body)).json()) as Task
  t.match(await act('pause'), { id, paused: true })
  t.match(await act('resume', {}), { paused: false })
  t.match(await act('prioritize', { priority: 9 }), { spec: { priority: 9 } })
  t.match(await act('cancel'), { state: 'cancelled', reason: 'by local' })
  t.match(await act('retry'), { state: 'available' })
  const wrong = await post(`/api/tasks/${id}/prioritize`, { priority: 11 })
  t.equal(wrong.status, 400)
  t.equal((await post(`/api/tasks/${id}/pause`, { extra: 1 })).status, 400)
  t.equal((await post(`/api/tasks/${fleet.nextId()}/cancel`)).status, 404)
})

t.test('a bulk action says what for, or that it means all', async (t) => {
  const { post, fleet } = await consoleOf(t)
  for (let count = 0; count < 3; count++) fleet.add(specOf({ labels: ['a'] }), BY)
  fleet.add(specOf(), BY)
  const bulk = (body: unknown): Promise<Response> => post('/api/tasks/bulk', body)
  t.equal((await bulk({ action: 'cancel' })).status, 400)
  t.same(await (await bulk({ action: 'cancel', label: 'a' })).json(), { changed: 3 })
  t.same(await (await bulk({ action: 'pause', all: true })).json(), { changed: 4 })
  t.equal((await bulk({ action: 'explode', all: true })).status, 400)
})

t.test('a project is paused and resumed, whatever is in its name', async (t) => {
  const { post, fleet } = await consoleOf(t)
  const answer = await post('/api/projects/team%2Fnightly/pause')
  t.same(await answer.json(), { project: 'team/nightly', paused: true })
  await post('/api/projects/team%2Fnightly/resume')
  t.match(fleet.calls, [
    { project: 'team/nightly', paused: true, by: 'local' },
    { project: 'team/nightly', paused: false },
  ])
  t.equal((await post('/api/projects/%00/pause')).status, 400)
  t.equal((await post('/api/projects/%ff/pause')).status, 400, 'badly encoded')
})

t.test('failures have a fitting status, one line, facts, and when to try again', async (t) => {
  const { post, get, fleet, unexpected } = await consoleOf(t)
  fleet.failure = new RuntimeError('RESOURCE_EXHAUSTED', 'Cannot submit:\n the queue is full', {
    retryAfterMs: 1_500,
    details: { limit: 10 },
  })
  const full = await post('/api/tasks', SPEC)
  t.equal(full.status, 429)
  t.equal(full.headers.get('retry-after'), '2')
  t.same(await full.json(), {
    error: {
      code: 'RESOURCE_EXHAUSTED',
      message: 'Cannot submit: the queue is full',
      details: { limit: '10' },
      retryMs: 1_500,
    },
  })
  t.equal((await get('/api/tasks/t07-00000000000000000000000009')).status, 404)
  fleet.failure = new Error('a bug, with a stack')
  const bug = await get('/api/tasks')
  t.equal(bug.status, 500)
  t.notMatch(await bug.text(), /stack/)
  t.equal(unexpected.length, 1)
})

t.test('requests beyond what one credential may have under way are refused', async (t) => {
  const { post, fleet } = await consoleOf(t, { limits: { inFlightMax: 3 } })
  fleet.held = []
  const asked = [0, 1, 2].map(() => post('/api/tasks', SPEC))
  while (fleet.held.length < 3) await new Promise((resolve) => setImmediate(resolve))
  const fourth = await post('/api/tasks', SPEC)
  t.equal(fourth.status, 429)
  for (const release of fleet.held) release()
  fleet.held = undefined
  for (const answer of await Promise.all(asked)) t.equal(answer.status, 201)
  t.equal((await post('/api/tasks', SPEC)).status, 201)
})
