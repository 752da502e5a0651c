import type { Refusal } from '../gate/gate.ts'
import { PLAIN_HEADERS, UNCACHED } from '../gate/security-headers.ts'
import type { Headers, Reply } from '../http/server.ts'
import type { Problem } from '../protocol.ts'

type Sends = Pick<Reply, 'send'>

/** On every answer of the API. */
export const API_HEADERS: Headers = [...PLAIN_HEADERS, ...UNCACHED]

const JSON_HEADERS: Headers = [...API_HEADERS, ['content-type', 'application/json; charset=utf-8']]

export function sendJson(reply: Sends, status: number, value: unknown, more: Headers = []): void {
  const headers = more.length === 0 ? JSON_HEADERS : [...JSON_HEADERS, ...more]
  reply.send(status, headers, JSON.stringify(value))
}

export function sendProblem(
  reply: Sends,
  status: number,
  problem: Problem,
  headers: Headers = [],
): void {
  sendJson(reply, status, { error: problem }, headers)
}

export function sendRefusal(reply: Sends, { status, code, message, headers }: Refusal): void {
  sendProblem(reply, status, { code, message, details: {} }, headers)
}
