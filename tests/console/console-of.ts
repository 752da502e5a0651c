import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type tap from 'tap'
import { WebSocket } from 'ws'
import { type FromNode, type FromPage, type SignedIn, SUBPROTOCOL } from '../../console/protocol.ts'
import { type Console, type ConsoleOptions, startConsole } from '../../console/server.ts'
import { createCredentials, type Credentials } from '../../node/credentials.ts'
import { TaskFigures } from '../../actors/task-figures.ts'
import { Histogram } from '../../runtime/histogram.ts'
import { seededRandom } from '../../runtime/scheduling/random.ts'
import { systemClock } from '../../runtime/scheduling/system-clock.ts'
import { actorsOf, LOCAL_SECRET, memoryTokens } from '../node/admin/door-of.ts'
import { MemoryFleet } from '../node/admin/fleet-of.ts'

export { LOCAL_SECRET } from '../node/admin/door-of.ts'

/** Shared by all tests, as it is by all nodes of a data directory. */
export const CACHE = join(tmpdir(), `architect-test-cache-${process.getuid?.() ?? 0}`)

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

export interface TestConsole {
  readonly console: Console
  readonly fleet: MemoryFleet
  readonly credentials: Credentials
  /** `http://127.0.0.1:PORT` */
  readonly base: string
  /** Its own origin, as a page has it. */
  readonly origin: string
  readonly port: number
  /** Failures that were bugs. */
  readonly unexpected: unknown[]
  /** As a program asks: with the local credential. */
  get(path: string, headers?: Headers): Promise<Response>
  post(path: string, body?: unknown, headers?: Headers): Promise<Response>
  /** As a page signs in. */
  signIn(): Promise<SignedIn>
  /** As a page connects. */
  page(key: string): Promise<Page>
}

type Headers = Readonly<Record<string, string>>

/** A console on a free port over a fleet in memory. */
export async function consoleOf(
  t: Pick<typeof tap, 'teardown'>,
  options: Partial<ConsoleOptions> = {},
): Promise<TestConsole> {
  const fleet = new MemoryFleet()
  const unexpected: unknown[] = []
  const clock = systemClock
  const credentials = await createCredentials({
    ...{ clock, local: LOCAL_SECRET, tokens: memoryTokens(), random: seededRandom(1) },
  })
  const console = await startConsole({
    measures: { tasks: new TaskFigures(), commits: () => ({ hot: new Histogram() }) },
    ...{ fleet, actors: actorsOf(), clock, digest, cache: CACHE, random: seededRandom(2) },
    ...{ node: 'one', boot: 1, version: '0.1.0', listen: '127.0.0.1:0' },
    page: join(import.meta.dirname, 'no-such-page'),
    verify: (secret) => credentials.verify(secret),
    stands: (principal) => credentials.stands(principal),
    unexpected: (failure) => unexpected.push(failure),
    fellBack: (failure) => unexpected.push(failure),
    ...options,
  })
  t.teardown(() => console.stop(0))
  const port = Number(console.address.split(':').at(-1))
  const base = `http://127.0.0.1:${port}`
  const origin = `http://localhost:${port}`
  const bearer = { authorization: `Bearer ${LOCAL_SECRET}` }
  const post: TestConsole['post'] = (path, body, headers = {}) =>
    fetch(base + path, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  return {
    ...{ console, fleet, credentials, base, origin, port, unexpected, post },
    get: (path, headers = {}) => fetch(base + path, { headers: { ...bearer, ...headers } }),
    async signIn() {
      const code = console.link({ name: 'local', role: 'admin' }).url.split('#c=')[1]
      const answer = await fetch(`${base}/api/signin`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      })
      return (await answer.json()) as SignedIn
    },
    page: (key) => pageOf(port, key),
  }
}

/** The live side of a page. */
export interface Page {
  readonly socket: WebSocket
  readonly heard: FromNode[]
  readonly binary: Buffer[]
  /** How it was closed. */
  readonly closed: Promise<number>
  say(message: FromPage): void
  /** The first message that fits, already heard or still to come. */
  hear<T extends FromNode['t']>(
    type: T,
    fits?: (message: Extract<FromNode, { t: T }>) => boolean,
  ): Promise<Extract<FromNode, { t: T }>>
}

/** Resolves once it is welcome. */
export async function pageOf(port: number, key: string): Promise<Page> {
  const page = connected(port)
  await new Promise((resolve, reject) => {
    page.socket.on('open', resolve)
    page.socket.on('error', reject)
  })
  page.say({ t: 'hello', v: 1, key, visible: true })
  await Promise.race([page.hear('welcome'), page.closed])
  return page
}

/** Connects, and says nothing. */
export function connected(port: number): Page {
  const origin = `http://localhost:${port}`
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, SUBPROTOCOL, { origin })
  const heard: FromNode[] = []
  const binary: Buffer[] = []
  const waiting = new Set<() => void>()
  socket.on('message', (bytes: Buffer, isBinary) => {
    if (isBinary) binary.push(bytes)
    else heard.push(JSON.parse(bytes.toString()) as FromNode)
    for (const look of [...waiting]) look()
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  return {
    ...{ socket, heard, binary, closed },
    say: (message) => socket.send(JSON.stringify(message)),
    hear: (type, fits = () => true) =>
      new Promise((resolve) => {
        const look = (): void => {
          for (const message of heard) {
            const wanted = message as Extract<FromNode, { t: typeof type }>
            if (message.t !== type || !fits(wanted)) continue
            waiting.delete(look)
            return resolve(wanted)
          }
        }
        waiting.add(look)
        look()
      }),
  }
}
