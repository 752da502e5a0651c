import { RuntimeError } from '../../../runtime/errors.ts'
import { failureMessage, type FailureMessage } from '../../../actors/doors/failure.ts'
import type { Fleet, SubmitRequest, Submitted } from '../../../actors/fleet.ts'
import { DEFAULTS, SPEC_LIMITS } from '../../../actors/task/limits.ts'
import { parseProject, parseSpec } from '../../../actors/task/parse-spec.ts'
import type { Clock } from '../../../runtime/scheduling/clock.ts'
import type { Caller, Exchange, Inlet, Outlet, Ports } from './method.ts'
import { invalid, present, type SubmitMessage } from './requests.ts'

/**
 * The hot door: every task comes through here. A request of a stream is answered under its own
 * number as soon as it is durable; answers that become ready together leave in one frame. Past the
 * limit of unanswered requests, or while the reader does not read, nothing more is read.
 */

/** Requests in one frame. */
const FRAME_REQUESTS_MAX = 1_024
/**
 * Requests taken in one turn of the loop: a long frame holds up nobody, and the first of its tasks are
 * on their way to the disk while the last are read.
 */
const TURN_REQUESTS_MAX = 16

interface SubmitReply extends Partial<Submitted> {
  readonly request: number
  readonly failure?: FailureMessage
}

export function submitOne(
  message: SubmitMessage,
  caller: Caller,
  { fleet }: Ports,
): Promise<Submitted> {
  return fleet.submit(submitRequest(message, caller))
}

export function submitExchange(
  caller: Caller,
  { fleet, limits, clock }: Ports,
  outlet: Outlet,
  inlet: Inlet,
): Exchange {
  return new SubmitExchange({
    caller,
    fleet,
    clock,
    outlet,
    inlet,
    inFlightMax: limits.inFlightMax,
  })
}

interface SubmitExchangeOptions {
  readonly caller: Caller
  readonly fleet: Fleet
  readonly clock: Clock
  readonly outlet: Outlet
  readonly inlet: Inlet
  readonly inFlightMax: number
}

class SubmitExchange implements Exchange {
  readonly #options: SubmitExchangeOptions
  /** Of the frame under way: what is yet to be taken. */
  #untaken: SubmitMessage[] = []
  #replies: SubmitReply[] = []
  /** Received and not answered. */
  #inFlight = 0
  #room = true
  #reading = true
  #pouring = false
  #finished = false
  #closed = false

  constructor(options: SubmitExchangeOptions) {
    this.#options = options
  }

  receive({ requests = [] }: { readonly requests?: readonly SubmitMessage[] }): boolean {
    if (requests.length > FRAME_REQUESTS_MAX) {
      this.#options.outlet.end(frameTooLong(requests.length))
      return false
    }
    this.#inFlight += requests.length
    const idle = this.#untaken.length === 0
    this.#untaken = this.#untaken.concat(requests)
    if (idle) this.#take()
    this.#reading = this.#mayRead()
    return this.#reading
  }

  #take(): void {
    for (const message of this.#untaken.splice(0, TURN_REQUESTS_MAX)) this.#submit(message)
    if (this.#untaken.length > 0) this.#options.clock.defer(() => this.#take())
  }

  finish(): void {
    this.#finished = true
    this.#maybeEnd()
  }

  drained(): void {
    this.#room = true
    this.#pour()
  }

  close(): void {
    this.#closed = true
    this.#untaken = []
    this.#replies = []
  }

  #submit(message: SubmitMessage): void {
    const { fleet, caller } = this.#options
    const request = message.request ?? 0
    try {
      fleet.submit(submitRequest(message, caller)).then(
        ({ ids, repeated, receipt, copies }) =>
          this.#reply({ request, ids, repeated, receipt, copies }),
        (failure: unknown) => this.#fail(request, failure),
      )
    } catch (failure) {
      this.#fail(request, failure)
    }
  }

  /** A failure that is not one of ours to name is a bug: it ends the stream. */
  #fail(request: number, failure: unknown): void {
    if (!(failure instanceof RuntimeError)) return this.#options.outlet.end(failure)
    this.#reply({ request, failure: failureMessage(failure) })
  }

  /**
   * Replies share a frame with all that settle before the loop comes round: one write for many. It
   * costs a loop turn of delay and halves the work for a caller who sends one request a frame.
   */
  #reply(reply: SubmitReply): void {
    this.#inFlight--
    if (this.#closed) return
    this.#replies.push(reply)
    if (this.#pouring) return
    this.#pouring = true
    this.#options.clock.defer(() => {
      this.#pouring = false
      this.#pour()
    })
  }

  #pour(): void {
    if (!this.#room || this.#closed) return
    if (this.#replies.length > 0) {
      const replies = this.#replies
      this.#replies = []
      this.#room = this.#options.outlet.write({ replies })
    }
    this.#maybeEnd()
    if (this.#reading || !this.#mayRead()) return
    this.#reading = true
    this.#options.inlet.resume()
  }

  #mayRead(): boolean {
    return this.#room && this.#inFlight + this.#replies.length < this.#options.inFlightMax
  }

  #maybeEnd(): void {
    if (this.#finished && this.#inFlight === 0 && this.#replies.length === 0) {
      this.#options.outlet.end()
    }
  }
}

function submitRequest(message: SubmitMessage, { principal, deadlineMs }: Caller): SubmitRequest {
  const { specs = [], ids = [] } = message
  if (specs.length === 0) throw invalid('specs', 'Cannot submit: there is no task in the request')
  if (ids.length > 0 && ids.length !== specs.length) {
    throw invalid('ids', `Cannot submit: ${specs.length} tasks came with ${ids.length} ids`)
  }
  return {
    project: parseProject(message.project || DEFAULTS.project),
    specs: specs.map(parseSpec),
    key: parseKey(message.key),
    try: message.try || 1,
    by: principal.name,
    ...(ids.length > 0 && { ids }),
    ...(deadlineMs !== undefined && { deadlineMs }),
  }
}

function parseKey(given: string | undefined): string {
  const key = present('key', given)
  if (key.length <= SPEC_LIMITS.keyLength) return key
  const limit = SPEC_LIMITS.keyLength
  throw invalid('key', `Cannot submit: the key has ${key.length} characters, the limit is ${limit}`)
}

function frameTooLong(requestCount: number): RuntimeError {
  return new RuntimeError(
    'RESOURCE_EXHAUSTED',
    `Cannot read ${requestCount} requests in one frame: the limit is ${FRAME_REQUESTS_MAX}`,
    { details: { limit: FRAME_REQUESTS_MAX } },
  )
}
