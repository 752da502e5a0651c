import type { Principal } from '../actors/doors/principal.ts'
import type { Fleet } from '../actors/fleet.ts'
import type { ActorFigures } from '../runtime/actor/metrics.ts'
import type { Clock } from '../runtime/scheduling/clock.ts'
import type { Random } from '../runtime/scheduling/random.ts'
import type { ApiPorts, Measures } from './api/route.ts'
import { sendProblem } from './api/send.ts'
import { ROUTES } from './api/routes/table.ts'
import { consoleFigures } from './figures.ts'
import type { BuiltPage } from './files/built-page.ts'
import { Gate } from './gate/gate.ts'
import { ownNames } from './gate/own-names.ts'
import type { HttpListener, HttpServer, Reply, Request, UpgradeReply } from './http/server.ts'
import type { ConsoleLimits } from './limits.ts'
import { Live } from './live/live.ts'
import { type Problem, SUBPROTOCOL } from './protocol.ts'
import { Router } from './router.ts'
import { type KeptSessions, Sessions } from './sign-in/sessions.ts'

export interface DoorOptions {
  readonly fleet: Fleet
  readonly actors: ActorFigures
  readonly measures: Measures
  readonly clock: Clock
  readonly random: Random
  /** Whose API token, or local credential, this is. */
  verify(secret: string): Principal | undefined
  /** False once the token that this principal came by is revoked or expired. */
  stands(principal: Principal): boolean
  /** SHA-256, hex. */
  digest(text: string): string
  /** Default: none, so that a restart signs everybody out. */
  readonly kept?: KeptSessions
  readonly node: string
  readonly boot: number
  readonly version: string
  readonly limits: ConsoleLimits
  readonly page: BuiltPage
  /** Told of failures that are bugs: the caller only learns that there was one. */
  unexpected(failure: unknown, what: string): void
}

/** Between signs of life on a channel; a page that hears nothing for twice as long connects anew. */
const HEARTBEAT_MS = 15_000

/** What is behind the port: puts gate, routes, page, sessions and live pages together. */
export class Door implements HttpListener {
  readonly sessions: Sessions
  readonly #options: DoorOptions
  readonly #gate: Gate
  readonly #live: Live
  readonly #router: Router
  readonly #drains = new Set<() => void>()
  #draining = false
  #breaches = 0
  #emptied: (() => void) | undefined

  constructor(options: DoorOptions, server: Pick<HttpServer, 'form' | 'port'>, host: string) {
    const { node, boot, version, limits, verify } = options
    this.#options = options
    this.sessions = new Sessions(options)
    const authenticate = (secret: string, uses = true): Principal | undefined => {
      const principal = uses ? this.sessions.find(secret) : this.sessions.whose(secret)
      return principal ?? verify(secret)
    }
    const names = ownNames(host, server.port)
    this.#gate = new Gate({ ...limits, names, authenticate, left: () => this.#maybeEmptied() })
    const served = server.form
    const welcome = { node, boot, version, served, heartbeatMs: HEARTBEAT_MS }
    this.#live = new Live({ ...options, authenticate, welcome })
    this.#router = new Router({
      ...options,
      ...limits,
      routes: ROUTES,
      gate: this.#gate,
      ports: this.#ports(served),
      live: (request, reply) => this.#open(request, reply),
    })
  }

  request(request: Request, reply: Reply): void {
    this.#router.request(request, reply)
  }

  upgrade(request: Request, reply: UpgradeReply): void {
    this.#router.upgrade(request, reply)
  }

  /** Takes no new pages, sends away those there are; `done` once nothing is under way any more. */
  drain(done: () => void): void {
    this.#draining = true
    this.#emptied = done
    for (const run of [...this.#drains]) run()
    this.#live.drain(() => this.#maybeEmptied())
    this.#maybeEmptied()
  }

  #maybeEmptied(): void {
    if (this.#gate.inFlight > 0 || this.#live.connectionCount > 0) return
    const done = this.#emptied
    this.#emptied = undefined
    if (done) this.#options.clock.defer(done) // What was just answered is still to leave.
  }

  #open(request: Request, reply: UpgradeReply): void {
    const offered = request.header('sec-websocket-protocol').split(/\s*,\s*/)
    if (!offered.includes(SUBPROTOCOL)) return sendProblem(reply, 400, WRONG_PROTOCOL)
    if (this.#draining) return sendProblem(reply, 503, STOPPING)
    if (!this.#live.hasRoom()) return sendProblem(reply, 429, CROWDED)
    reply.open(SUBPROTOCOL, (socket) => this.#live.open(socket))
  }

  #ports(served: HttpServer['form']): ApiPorts {
    return {
      ...this.#options,
      sessions: this.sessions,
      served,
      draining: () => this.#draining,
      onDrain: (run) => {
        this.#drains.add(run)
        return () => void this.#drains.delete(run)
      },
      signedOut: (key) => this.#live.signedOut(key),
      figures: () =>
        consoleFigures({ gate: this.#gate, live: this.#live, breaches: this.#breaches }),
      breached: () => {
        this.#breaches += 1
      },
    }
  }
}

const WRONG_PROTOCOL: Problem = {
  code: 'INVALID_ARGUMENT',
  message: `Cannot open the socket: it offers no protocol "${SUBPROTOCOL}"`,
  details: {},
}
const STOPPING: Problem = {
  code: 'UNAVAILABLE',
  message: 'Cannot open the socket: the node is stopping',
  details: {},
  retryMs: 1_000,
}
const CROWDED: Problem = {
  code: 'RESOURCE_EXHAUSTED',
  message: 'Cannot open the socket: too many others have not said who they are',
  details: {},
  retryMs: 1_000,
}
