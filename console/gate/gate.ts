import { permits, type Principal, type Role } from '../../actors/doors/principal.ts'
import type { ErrorCode } from '../../runtime/errors.ts'
import type { Headers, Request } from '../http/server.ts'
import type { OwnNames } from './own-names.ts'

/**
 * Decides, before anything else looks at a request, whether it may go on. Always in this order:
 * method, host, origin, kind and length of the body, credential, role, load. The first that fails
 * answers; nothing after it is tried.
 *
 * **Host** is one of an exact list, so that a name of somebody else that resolves to this machine
 * (DNS rebinding) is refused even though its pages are of one origin with it.
 *
 * **Origin.** A request that could change something has to come from a page that this server served:
 * `Sec-Fetch-Site: same-origin`, or where a browser does not send that, an `Origin` that is ours. A
 * request with neither is refused, unless it carries a bearer token. That exception is safe: such a
 * token is no ambient credential. A browser adds cookies to a request that another site makes, but
 * never `Authorization: Bearer`; a script would have to set it, for which it must know the token, and
 * across origins the browser would first ask us with `OPTIONS`, which we refuse. It is needed: `curl`
 * sends neither header.
 */
export interface GateOptions {
  readonly names: OwnNames
  /** Whose secret this is. */
  authenticate(secret: string): Principal | undefined
  readonly bodyBytesMax: number
  /** Requests of one principal that are not answered yet. */
  readonly inFlightMax: number
  /** A request that was let in is over. */
  left(): void
}

/** What the gate has to know of what is asked for. */
export interface Rules {
  readonly role: Role | 'anyone'
  /** Becomes a websocket. Its credential may come later, in its first message. */
  readonly upgrade?: boolean
  /** Kinds of body taken; default: JSON. */
  readonly accepts?: readonly string[]
}

export type Admission =
  | {
      readonly type: 'admitted'
      readonly principal: Principal | undefined
      /** The secret that came with it; empty when none did. */
      readonly secret: string
      /** To be called once the request is answered. */
      readonly leave: () => void
    }
  | Refusal

export interface Refusal {
  readonly type: 'refused'
  readonly step: Step
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
  readonly headers: Headers
}

/** In their order. */
export const STEPS = ['method', 'host', 'origin', 'body', 'session', 'role', 'load'] as const
export type Step = (typeof STEPS)[number]

const READS = new Set(['GET', 'HEAD'])
const METHODS = ['GET', 'HEAD', 'POST']
const JSON_ONLY = ['application/json']
/** When to ask again after `load`. Unit: s. */
const LOAD_RETRY_S = 1

export class Gate {
  readonly #options: GateOptions
  readonly #inFlight = new Map<string, number>()
  readonly #refused = new Map<Step, number>(STEPS.map((step) => [step, 0]))

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** How many requests each step refused. */
  get refused(): ReadonlyMap<Step, number> {
    return this.#refused
  }

  admit(request: Request, rules: Rules): Admission {
    const refusal = this.#outside(request, rules)
    if (refusal) return this.#counted(refusal)
    const open = rules.role === 'anyone'
    const read = READS.has(request.method) && rules.upgrade !== true
    // What anyone may read, anyone may read with a credential that has expired, too.
    const secret = open && read ? '' : bearerOf(request)
    const principal = secret === '' ? undefined : this.#options.authenticate(secret)
    if (secret === '' ? !open : !principal) return this.#counted(UNKNOWN)
    if (principal && rules.role !== 'anyone' && !permits(principal.role, rules.role)) {
      return this.#counted(notAllowed(principal.role, rules.role))
    }
    const leave = this.#enter(principal)
    return leave ? { type: 'admitted', principal, secret, leave } : this.#counted(TOO_MANY)
  }

  /** What can be told without knowing who asks. */
  #outside(request: Request, rules: Rules): Refusal | undefined {
    const { names, bodyBytesMax } = this.#options
    const { method } = request
    if (!METHODS.includes(method)) return WRONG_METHOD
    if (!names.hosts.has(request.header('host').toLowerCase())) return WRONG_HOST
    const changes = !READS.has(method) || rules.upgrade === true
    return wrongOrigin(request, names, changes) ?? wrongBody(request, rules, bodyBytesMax)
  }

  /** Requests that are let in and not answered yet, of everybody who said who they are. */
  get inFlight(): number {
    return [...this.#inFlight.values()].reduce((sum, count) => sum + count, 0)
  }

  #enter(principal: Principal | undefined): (() => void) | undefined {
    if (!principal) return () => undefined
    const who = principal.tokenId ?? principal.name
    const count = this.#inFlight.get(who) ?? 0
    if (count >= this.#options.inFlightMax) return undefined
    this.#inFlight.set(who, count + 1)
    return () => {
      const left = (this.#inFlight.get(who) ?? 1) - 1
      if (left > 0) this.#inFlight.set(who, left)
      else this.#inFlight.delete(who)
      this.#options.left()
    }
  }

  #counted(refusal: Refusal): Refusal {
    this.#refused.set(refusal.step, (this.#refused.get(refusal.step) ?? 0) + 1)
    return refusal
  }
}

function bearerOf(request: Request): string {
  const [scheme = '', secret = ''] = request.header('authorization').split(' ')
  return scheme.toLowerCase() === 'bearer' ? secret : ''
}

function wrongOrigin(request: Request, names: OwnNames, changes: boolean): Refusal | undefined {
  const origin = request.header('origin')
  const site = request.header('sec-fetch-site')
  if (origin !== '' && !names.origins.has(origin)) return wrongSite(`the origin "${origin}"`)
  if (!changes) return undefined
  if (site !== '') return site === 'same-origin' ? undefined : wrongSite(`a page of a ${site} site`)
  if (origin !== '' || bearerOf(request) !== '') return undefined
  return wrongSite('nowhere: send "Origin", or "Authorization: Bearer TOKEN"')
}

function wrongBody(
  request: Request,
  { accepts = JSON_ONLY }: Rules,
  bytesMax: number,
): Refusal | undefined {
  const kind = request.header('content-type').split(';')[0]?.trim().toLowerCase() ?? ''
  const bytes = Number(request.header('content-length') || 0)
  const hasBody = bytes > 0 || request.header('transfer-encoding') !== ''
  if (READS.has(request.method)) return hasBody ? UNEXPECTED_BODY : undefined
  if (kind === '' ? hasBody : !accepts.includes(kind)) return wrongKind(kind, accepts)
  return bytes > bytesMax ? bodyTooLong(bytesMax) : undefined
}

function refusal(
  step: Step,
  status: number,
  code: ErrorCode,
  message: string,
  headers: Headers = [],
): Refusal {
  return { type: 'refused', step, status, code, message, headers }
}

const WRONG_METHOD = refusal(
  'method',
  405,
  'INVALID_ARGUMENT',
  'Cannot answer: the method is none of GET, HEAD and POST',
  [['allow', METHODS.join(', ')]],
)
const WRONG_HOST = refusal(
  'host',
  421,
  'PERMISSION_DENIED',
  'Cannot answer: the header "Host" names another server',
)
const UNEXPECTED_BODY = refusal(
  'body',
  400,
  'INVALID_ARGUMENT',
  'Cannot answer: a request that reads has no body',
)
const UNKNOWN = refusal(
  'session',
  401,
  'UNAUTHENTICATED',
  'Cannot tell who asks: send the header "Authorization: Bearer TOKEN"',
  [['www-authenticate', 'Bearer']],
)
const TOO_MANY = refusal(
  'load',
  429,
  'RESOURCE_EXHAUSTED',
  'Cannot answer: too many requests of this credential are not answered yet',
  [['retry-after', String(LOAD_RETRY_S)]],
)

function wrongSite(from: string): Refusal {
  return refusal(
    'origin',
    403,
    'PERMISSION_DENIED',
    `Cannot answer: the request comes from ${from}`,
  )
}

function wrongKind(kind: string, accepts: readonly string[]): Refusal {
  const message = `Cannot read the body: its "Content-Type" is "${kind}", not ${accepts.join(' or ')}`
  return refusal('body', 415, 'INVALID_ARGUMENT', message)
}

export function bodyTooLong(bytesMax: number): Refusal {
  const message = `Cannot read the body: it is longer than ${bytesMax} bytes`
  return refusal('body', 413, 'RESOURCE_EXHAUSTED', message)
}

function notAllowed(role: Role, needed: Role): Refusal {
  const message = `Cannot allow that: it takes the role "${needed}", and this is "${role}"`
  return refusal('role', 403, 'PERMISSION_DENIED', message)
}
