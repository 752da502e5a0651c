import { z } from 'zod'
import type { Fleet } from '../../actors/fleet.ts'
import type { Principal, Role } from '../../actors/doors/principal.ts'
import { wrongField } from '../../actors/doors/wrong-field.ts'
import type { TaskFigures } from '../../actors/task-figures.ts'
import type { ActorFigures } from '../../runtime/actor/metrics.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import type { HistogramFigures } from '../../runtime/histogram.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import type { Random } from '../../runtime/scheduling/random.ts'
import type { Headers, LowerCase, Outflow } from '../http/server.ts'
import type { Sessions } from '../sign-in/sessions.ts'

/** What the node measures, for `/metrics`. */
export interface Measures {
  readonly tasks: TaskFigures
  /** By database: how long writes took. */
  commits(): Readonly<Record<string, HistogramFigures>>
}

/** What routes may use. */
export interface ApiPorts {
  readonly fleet: Fleet
  readonly actors: ActorFigures
  readonly measures: Measures
  readonly clock: Clock
  readonly random: Random
  readonly sessions: Sessions
  /** The node takes no new work: it is about to stop. */
  draining(): boolean
  /** Runs when the draining begins; the answer cancels that. */
  onDrain(run: () => void): () => void
  /** The key is nobody's any more: its pages are sent away. */
  signedOut(key: string): void
  readonly served: 'uws' | 'node'
  /** Lines of `/metrics` that the console itself knows. */
  figures(): string
  /** A browser reported a breach of the page's policy. */
  breached(): void
}

/** One thing that can be asked over HTTP: the table in `table.ts` has all of them. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** `{name}` stands for one part of a path. */
  readonly path: string
  /** Who may ask. */
  readonly role: Role | 'anyone'
  /** One line, for the description of the API. */
  readonly summary: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** How the body is described, where `body` itself is too wide. */
  readonly bodyShape?: z.ZodType
  /** Kinds of body taken; default: JSON. */
  readonly accepts?: readonly string[]
  /** Headers that mean something here, and what. */
  readonly headers?: Readonly<Record<LowerCase, string>>
  /** For the description, and for tests: what is sent and what comes back. */
  readonly example: Example
  answer(call: Call<never, never>, ports: ApiPorts): Promise<Answer> | Answer
}

export interface Example {
  readonly body?: unknown
  readonly status: number
  /** What the answer looks like; without it the answer has no JSON. */
  readonly schema?: z.ZodType
  readonly value?: unknown
  /** Of an answer that is not JSON. */
  readonly contentType?: string
}

export interface Call<Query, Body> {
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  header(name: LowerCase): string
  /** For routes that anyone may ask: `local`, a viewer. */
  readonly principal: Principal
  /** The secret it came with. */
  readonly secret: string
  readonly remote: string
}

export type Answer =
  | {
      readonly type: 'json'
      readonly status?: number
      readonly value: unknown
      readonly headers?: Headers
    }
  | { readonly type: 'text'; readonly contentType: string; readonly text: string }
  | { readonly type: 'nothing' }
  /** Bytes that a task wrote. */
  | { readonly type: 'stream'; open(begin: Begin, fail: Fail): Source }

/** Starts the answer: its head leaves. Called once, when there is something to say. */
export type Begin = (headers: Headers) => Outflow

/** It cannot begin, or not go on: what a client has by then is seen to be cut off. */
export type Fail = (failure: Error) => void

/** Where a stream comes from, told of what the other side does. */
export interface Source {
  drained(): void
  /** The client has gone: stop. */
  close(): void
}

interface RouteOf<Query extends z.ZodObject, Body extends z.ZodType>
  extends Omit<Route, 'query' | 'body' | 'answer'> {
  readonly query?: Query
  readonly body?: Body
  answer(call: Call<z.output<Query>, z.output<Body>>, ports: ApiPorts): Promise<Answer> | Answer
}

/** A row of the table, with `call.query` and `call.body` typed by its schemas. */
export function route<
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = typeof NO_BODY,
>(row: RouteOf<Query, Body>): Route {
  return row as Route
}

/** Of a route that takes none: nothing, or an empty object. */
export const NO_BODY = z.strictObject({})

export function json(value: unknown, status = 200): Answer {
  return { type: 'json', status, value }
}

/**
 * `value` as `schema` has it. Throws `INVALID_ARGUMENT` that names the field and what is wrong with it.
 *
 * @param purpose what cannot be done with a wrong one.
 */
export function parsed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  purpose = 'answer',
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { field, problem } = wrongField(schema, result.error)
  const message = `Cannot ${purpose}: ${field === '' ? '' : `${field}: `}${problem}`
  throw new RuntimeError('INVALID_ARGUMENT', message, { details: field === '' ? {} : { field } })
}
