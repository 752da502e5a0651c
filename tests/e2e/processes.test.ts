import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { allProcesses, environmentValue } from '../../node/holder/confinement/processes.ts'
import { alive, generations } from '../../node/holder/ledger.ts'
import { MARK } from '../../node/holder/terminal/environment.ts'
import { readCredential } from '../../node/local-access.ts'
import { bearer, clientOf, type Message } from '../node/admin/door-of.ts'
import { gaia } from '../node/gaia/gaia-of.ts'
import {
  architectOf,
  nodeFlags,
  spawnArchitect,
  temporaryDirectory,
  type Architect,
} from './architect-of.ts'

/** How a task ends whose processes do their best to stay. */
const LADDER_MS = 7_000
/** The longest that a node may take to answer while a task uses the machine up. Unit: ms. */
const ANSWER_MS = 10_000

function leftOf(task: string): readonly number[] {
  const marked = allProcesses().filter(({ pid }) =>
    environmentValue(pid, MARK)?.includes(`/${task}/`),
  )
  return marked.map(({ pid }) => pid)
}

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = performance.now() + 60_000
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error(`not within a minute: ${what}`)
    await pause(20)
  }
}

interface Tasks {
  submit(script: string, more?: object): Promise<string>
  ended(id: string): Promise<Message>
  output(id: string): Promise<string>
  unary(method: string, request: object): Promise<Message>
}

async function tasksOf(node: Architect, teardown: (run: () => void) => void): Promise<Tasks> {
  const client = clientOf(node.ready.admin)
  teardown(() => client.close())
  const local = bearer(await readCredential(node.directory))
  const unary = (method: string, request: object): Promise<Message> =>
    client.unary(method, request, local)
  let count = 0
  return {
    unary,
    async submit(script, more = {}) {
      const specs = [{ argv: ['bash', '-c', script], retry: { max: 0 }, ...more }]
      const { ids } = await unary('SubmitTask', { key: `p${++count}-${node.ready.admin}`, specs })
      return (ids as readonly string[])[0] ?? ''
    },
    async ended(id) {
      let task: Message = {}
      await until(`the end of ${id}`, async () => {
        task = await unary('GetTask', { id })
        return task['outcome'] !== null
      })
      return task
    },
    async output(id) {
      let text = ''
      for await (const { bytes } of client.stream('FollowOutput', { id, follow: false }, local)) {
        text += Buffer.from(
          (bytes as { readonly chunk: Uint8Array } | null)?.chunk ?? [],
        ).toString()
      }
      return text
    },
  }
}

t.test('F30: whatever a task starts ends with it', async (t) => {
  const node = await architectOf()
  t.teardown(() => node.remove())
  const { submit, ended, output, unary } = await tasksOf(node, (run) => t.teardown(run))

  t.test('when the command is over, however its children hide', async (t) => {
    const scripts = {
      'a child in the background': 'sleep 1000 & exit 0',
      'a session of its own': 'setsid sleep 1000 & sleep 0.2',
      'a daemon, forked twice': '(setsid sh -c "sleep 1000 & sleep 1000 &" &); sleep 0.2',
      'deaf to SIGHUP, SIGINT and SIGTERM': "(trap '' HUP INT TERM; sleep 1000) & sleep 0.2",
      nohup: 'nohup sleep 1000 > /dev/null 2>&1 & sleep 0.2',
    }
    for (const [name, script] of Object.entries(scripts)) {
      const id = await submit(script)
      t.match(await ended(id), { state: 'completed' }, name)
      t.same(leftOf(id), [], `${name}: nothing is left`)
    }
  })

  t.test('when it is cancelled, however deaf it is', async (t) => {
    const deaf = "trap '' HUP INT TERM; (setsid sleep 1000 &); echo up; while :; do sleep 1; done"
    const id = await submit(deaf)
    await until('it is up', async () => (await output(id)).includes('up'))
    const startedMs = performance.now()
    await unary('ActOnTask', { action: 'cancel', id })
    t.match(await ended(id), { state: 'cancelled' })
    t.ok(performance.now() - startedMs < LADDER_MS + 30_000)
    t.same(leftOf(id), [])
  })

  t.test('and a fork bomb, while the node goes on answering', async (t) => {
    const { health } = await unary('GetStatus', {})
    const notes = (health as readonly { readonly message: string }[]).map(({ message }) => message)
    if (notes.some((note) => note.includes('is not limited')))
      return t.comment('no cgroup can be written here: there is no limit to be shown')
    const id = await submit('bomb() { bomb | bomb & }; bomb; sleep 1000')
    await until('it meets its limit', async () => (await output(id)).includes('fork'))
    for (let count = 0; count < 20; count++) {
      const askedMs = performance.now()
      await unary('GetTask', { id })
      t.ok(performance.now() - askedMs < ANSWER_MS)
    }
    const other = await submit('echo still here')
    t.match(await ended(other), { state: 'completed' })
    await unary('ActOnTask', { action: 'cancel', id })
    t.match(await ended(id), { outcome: { message: /^limit_pids/ } })
    t.same(leftOf(id), [])
  })

  t.test('and the kernel that runs out of memory takes tasks first', async (t) => {
    if (process.platform !== 'linux') return
    const id = await submit('sleep 0.2; cat /proc/self/oom_score_adj')
    await ended(id)
    t.match(await output(id), /^500\r\n$/)
  })
})

t.test('what a node and its holder leave when both are killed is ended by the next', async (t) => {
  const node = await architectOf()
  const first = await tasksOf(node, (run) => t.teardown(run))
  const id = await first.submit('setsid sleep 1000 & sleep 1000')
  await until('it runs', () => leftOf(id).length >= 2)
  for (const { pid } of generations(node.directory).filter(alive)) process.kill(pid, 'SIGKILL')
  await node.kill('SIGKILL')
  const second = await node.restart()
  t.teardown(() => second.remove())
  const next = await tasksOf(second, (run) => t.teardown(run))
  t.match(await next.ended(id), { state: 'failed', outcome: { class: 'lost' } })
  t.same(leftOf(id), [])
})

t.test('a node goes on when the readers of its log go away', async (t) => {
  const directory = await temporaryDirectory()
  for (const stream of ['stdout', 'stderr'] as const) {
    const talk = `setInterval(()=>process.${stream}.write('line\\n'),20).unref()`
    const environment = {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(talk)}`,
    }
    const node = spawnArchitect(nodeFlags(directory), { environment })
    node.child[stream]?.once('data', () => node.child[stream]?.destroy())
    let code: number | null = null
    await until('an answer, or the end of the node', async () => {
      code = (await gaia('status', '--data', directory)).code
      return code === 0 || node.child.exitCode !== null
    })
    t.equal(code, 0, `without ${stream} it answers`)
    node.child.kill('SIGTERM')
    t.match(await node.ended, { code: 0, signal: null }, 'and stops as it is asked')
  }
  await rm(directory, { recursive: true })
})
