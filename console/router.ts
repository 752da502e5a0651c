import type { Principal } from '../actors/doors/principal.ts'
import { RuntimeError } from '../runtime/errors.ts'
import { failed } from './api/failure.ts'
import { Paths } from './api/paths.ts'
import type { ApiPorts, Route } from './api/route.ts'
import { runRoute } from './api/run-route.ts'
import { sendProblem, sendRefusal } from './api/send.ts'
import type { BuiltPage } from './files/built-page.ts'
import { sendPage } from './files/page.ts'
import type { Gate, Rules } from './gate/gate.ts'
import type { Headers, HttpListener, Reply, Request, UpgradeReply } from './http/server.ts'
import { LIVE_PATH, type Problem } from './protocol.ts'

/**
 * Between the server and what answers: finds what is asked for and lets the gate decide. Nothing
 * else looks at a request before the gate has said yes, whether its path is there or not.
 */
export interface RouterOptions {
  readonly routes: readonly Route[]
  readonly ports: ApiPorts
  readonly gate: Gate
  readonly page: BuiltPage
  readonly bodyBytesMax: number
  /** Opens, or refuses, the live socket for a request that the gate let through. */
  live(request: Request, reply: UpgradeReply): void
  unexpected(failure: unknown, what: string): void
}

/** What is asked for, and who may ask for it. */
interface Target extends Rules {
  serve(asked: Admitted): void
}

interface Admitted {
  readonly request: Request
  readonly reply: Reply
  readonly principal: Principal
  readonly secret: string
  readonly leave: () => void
}

/** Who asks where anybody may. */
const ANYBODY: Principal = { name: 'anybody', role: 'viewer' }

export class Router implements HttpListener {
  readonly #options: RouterOptions
  readonly #paths: Paths

  constructor(options: RouterOptions) {
    this.#options = options
    this.#paths = new Paths(options.routes)
  }

  request(request: Request, reply: Reply): void {
    const target = this.#target(request)
    const admission = this.#options.gate.admit(request, target)
    if (admission.type === 'refused') return sendRefusal(reply, admission)
    const { principal = ANYBODY, secret, leave } = admission
    target.serve({ request, reply, principal, secret, leave })
  }

  upgrade(request: Request, reply: UpgradeReply): void {
    const { gate, live } = this.#options
    const admission = gate.admit(request, { role: 'anyone', upgrade: true })
    if (admission.type === 'refused') return sendRefusal(reply, admission)
    admission.leave()
    if (request.path === LIVE_PATH) live(request, reply)
    else sendProblem(reply, 404, told(notThere(request.path)))
  }

  #target(request: Request): Target {
    const { method, path } = request
    const match = this.#paths.find(method, path)
    if (match instanceof RuntimeError) return this.#failing(400, match)
    if (match) return this.#routed(match.route, match.params)
    const methods = this.#paths.methods(path)
    if (methods.length > 0) return this.#failing(405, wrongMethod(path, methods), allow(methods))
    if (path.startsWith('/api/') || method === 'POST') return this.#failing(404, notThere(path))
    return { role: 'anyone', serve: (asked) => this.#page(asked) }
  }

  #routed(route: Route, params: Readonly<Record<string, string>>): Target {
    const { role, accepts } = route
    return {
      role,
      ...(accepts && { accepts }),
      serve: ({ leave, ...asked }) => runRoute({ ...asked, route, params }, this.#options, leave),
    }
  }

  /** What is wrong with the path itself is told to those only who may look at all. */
  #failing(status: number, failure: RuntimeError, headers: Headers = []): Target {
    return {
      role: 'viewer',
      serve: ({ reply, leave }) => {
        leave()
        sendProblem(reply, status, told(failure), headers)
      },
    }
  }

  #page({ request, reply, leave }: Admitted): void {
    leave()
    const { page, ports } = this.#options
    if (request.path === LIVE_PATH) return sendProblem(reply, 426, NO_UPGRADE, UPGRADE)
    if (sendPage(page, request, reply, ports.random)) return
    sendProblem(reply, 404, told(notThere(request.path)))
  }
}

function told(failure: RuntimeError): Problem {
  return failed(failure, () => undefined).problem
}

function notThere(path: string): RuntimeError {
  return new RuntimeError('NOT_FOUND', `Cannot find "${path}": see /api/openapi.json`)
}

function wrongMethod(path: string, methods: readonly string[]): RuntimeError {
  return new RuntimeError(
    'INVALID_ARGUMENT',
    `Cannot answer: "${path}" knows ${methods.join(', ')}`,
  )
}

function allow(methods: readonly string[]): Headers {
  return [['allow', methods.join(', ')]]
}

const NO_UPGRADE: Problem = {
  code: 'INVALID_ARGUMENT',
  message: 'Cannot answer: this is the path of the live socket',
  details: {},
}
const UPGRADE: Headers = [['upgrade', 'websocket']]
