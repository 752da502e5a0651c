import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readCredential } from '../../node/local-access.ts'
import { bearer, clientOf, failureOf, type RawClient } from '../node/admin/door-of.ts'
import { architectOf, type Architect } from './architect-of.ts'

const FLOODER = fileURLToPath(new URL('./flood/flooder.ts', import.meta.url))
/** What a quiet client waits at most beside a flood: by then a submit is committed or unknown. */
const FLOODED_MS = 10_000
const AFTERWARDS_MS = 10_000
const MEMORY_BYTES_MAX = 1024 * 1024 * 1024

interface Answers {
  readonly OK?: number
  readonly 'Cannot keep up the watch: 10000 changed tasks wait for its reader'?: number
}

/** The flooding client, and what it was answered so far. */
function flood(node: Architect, secret: string): { answers(): Answers; stop(): void } {
  const argv = ['--disable-warning=ExperimentalWarning', FLOODER, node.ready.admin, secret]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  let last = '{}'
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    last = text.trim().split('\n').at(-1) ?? last
  })
  return {
    answers: () => JSON.parse(last) as Answers,
    stop: () => child.kill('SIGKILL'),
  }
}

function memoryOf({ process: { child } }: Architect): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
}

/** The longest of so many questions and submits, one after another. Unit: ms. */
async function slowest(ask: (count: number) => Promise<unknown>, times: number): Promise<number> {
  let longestMs = 0
  for (let count = 0; count < times; count++) {
    const startedMs = performance.now()
    await ask(count)
    longestMs = Math.max(longestMs, performance.now() - startedMs)
  }
  return longestMs
}

t.test('F23: a client that floods the node keeps nobody else from being served', async (t) => {
  const node = await architectOf({ slots: 0 })
  t.teardown(() => node.remove())
  const secret = await readCredential(node.directory)
  const client = clientOf(node.ready.admin)
  t.teardown(() => client.close())
  let keys = 0
  const submit = (): Promise<unknown> => {
    const request = { key: `quiet-${++keys}`, project: 'quiet', specs: [{ argv: ['true'] }] }
    return client.unary('SubmitTask', request, bearer(secret))
  }
  const ask = (): Promise<unknown> => client.unary('GetStatus', {}, bearer(secret))

  const flooder = flood(node, secret)
  t.teardown(() => flooder.stop())
  const told = 'Cannot keep up the watch: 10000 changed tasks wait for its reader'
  let longestMs = 0
  while ((flooder.answers()[told] ?? 0) < 100) {
    longestMs = Math.max(longestMs, await slowest(submit, 1), await slowest(ask, 1))
  }
  t.ok(longestMs < FLOODED_MS, `${longestMs.toFixed(0)} ms at most`)
  t.ok((flooder.answers().OK ?? 0) > 10_000)
  t.ok(process.platform !== 'linux' || memoryOf(node) < MEMORY_BYTES_MAX)
  flooder.stop()
  await ask()
  t.ok((await slowest(submit, 20)) < AFTERWARDS_MS, 'and afterwards it is as before')
  t.equal(node.process.err(), '')
})

t.test('a message that is too large fails alone', async (t) => {
  const node = await architectOf()
  t.teardown(() => node.remove())
  const local = bearer(await readCredential(node.directory))
  const client = clientOf(node.ready.admin)
  t.teardown(() => client.close())
  const submit = (client: RawClient, key: string, bytes: number): Promise<unknown> => {
    const specs = [{ argv: ['true', 'x'.repeat(bytes)] }]
    return client.unary('SubmitTask', { key, specs }, local)
  }
  const [failure] = await Promise.all([
    failureOf(submit(client, 'large', 5 * 1024 * 1024)),
    submit(client, 'small', 5),
    client.unary('GetStatus', {}, local),
  ])
  t.equal(failure.code, 8)
  t.match(failure.details, /larger than max \(5242\d{3} vs 4194304\)/)
  t.ok(await submit(client, 'after', 5), 'the connection goes on')
  t.equal(node.process.err(), '')
})
