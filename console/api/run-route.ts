import type { Principal } from '../../actors/doors/principal.ts'
import { bodyTooLong } from '../gate/gate.ts'
import { FOREIGN_HEADERS, UNCACHED } from '../gate/security-headers.ts'
import type { Headers, Outflow, Reply, Request } from '../http/server.ts'
import { failed } from './failure.ts'
import { parseJson } from './json.ts'
import {
  type Answer,
  type ApiPorts,
  type Call,
  NO_BODY,
  parsed,
  type Route,
  type Source,
} from './route.ts'
import { API_HEADERS, sendJson, sendProblem, sendRefusal } from './send.ts'

/** A request that may be answered. */
export interface Asked {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
  readonly request: Request
  readonly reply: Reply
  readonly principal: Principal
  readonly secret: string
}

export interface RunOptions {
  readonly ports: ApiPorts
  readonly bodyBytesMax: number
  unexpected(failure: unknown, route: string): void
}

const NO_BYTES = new Uint8Array()

const STREAM_HEADERS: Headers = [
  ...FOREIGN_HEADERS,
  ...UNCACHED,
  ['content-type', 'application/octet-stream'],
]

/** Reads what was sent, asks the route and sends its answer; `done` once that is over, however. */
export function runRoute(asked: Asked, options: RunOptions, done: () => void): void {
  const { route, request, reply } = asked
  let source: Source | undefined
  let over = false
  const finish = (): void => {
    if (!over) done()
    over = true
  }
  const fail = (failure: unknown): void => {
    const unexpected = (bug: unknown): void => options.unexpected(bug, route.path)
    const { status, problem, headers } = failed(failure, unexpected)
    sendProblem(reply, status, problem, headers)
    finish()
  }
  const answer = (body: Uint8Array): void => {
    called(asked, body, options.ports)
      .then((given) => {
        if (given.type !== 'stream') send(reply, given)
        else if (request.method === 'HEAD') reply.send(200, STREAM_HEADERS, '')
        else if (!over) source = stream(reply, given, { finish, fail })
        if (!source) finish()
      })
      .catch(fail)
  }
  reply.onGone(() => {
    source?.close()
    finish()
  })
  if (route.method === 'GET') return answer(NO_BYTES)
  reply.body(options.bodyBytesMax, (body) => {
    if (body) return answer(body)
    sendRefusal(reply, bodyTooLong(options.bodyBytesMax))
    finish()
  })
}

async function called(asked: Asked, body: Uint8Array, ports: ApiPorts): Promise<Answer> {
  const { route, params, request, principal, secret } = asked
  const call = {
    params,
    query: parsed(route.query ?? NO_BODY, queryOf(request.query)),
    body: parsed(route.body ?? NO_BODY, body.length === 0 ? {} : parseJson(body)),
    header: (name) => request.header(name),
    principal,
    secret,
    remote: request.remote,
  } satisfies Call<unknown, unknown>
  return route.answer(call as Call<never, never>, ports)
}

/** A name that comes twice has both its values, with a comma between. */
function queryOf(query: string): Readonly<Record<string, string>> {
  if (query === '') return {}
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before},${value}`)
  }
  return Object.fromEntries(values)
}

function send(reply: Reply, answer: Exclude<Answer, { readonly type: 'stream' }>): void {
  switch (answer.type) {
    case 'json':
      return sendJson(reply, answer.status ?? 200, answer.value, answer.headers)
    case 'text':
      return reply.send(200, [...API_HEADERS, ['content-type', answer.contentType]], answer.text)
    case 'nothing':
      return reply.send(204, API_HEADERS, '')
  }
}

/** `finish` once its last byte was handed over. */
function stream(
  reply: Reply,
  answer: Extract<Answer, { readonly type: 'stream' }>,
  { finish, fail }: { finish(): void; fail(failure: unknown): void },
): Source {
  let source: Source | undefined
  let begun: Outflow | undefined
  const begin = (headers: Headers): Outflow => {
    const all = [...STREAM_HEADERS, ...headers]
    const out = reply.stream(200, all, () => source?.drained())
    begun = out
    return {
      write: (bytes) => out.write(bytes),
      end() {
        out.end()
        finish()
      },
      abort: () => out.abort(),
    }
  }
  source = answer.open(begin, (failure) => {
    if (!begun) return fail(failure)
    begun.abort()
    finish()
  })
  return source
}
