import type { RuntimeError } from '../../runtime/errors.ts'

/** A failure as every door tells it: a code for programs, one line for people, never a stack. */
export interface FailureMessage {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly retryAfterMs?: number
  readonly details: Readonly<Record<string, string>>
}

/** Longest message told. HTTP/2 peers refuse more than some 16 KiB of headers. */
const MESSAGE_LENGTH_MAX = 1_000

export function failureMessage(failure: RuntimeError): FailureMessage {
  return {
    code: failure.code,
    message: lineOf(failure.message),
    retryable: failure.retryable,
    ...(failure.retryAfterMs !== undefined && { retryAfterMs: Math.ceil(failure.retryAfterMs) }),
    details: textsOf(failure.details),
  }
}

export function textsOf(details: RuntimeError['details']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, lineOf(String(value))]),
  )
}

/** One line, well-formed (grpc-js encodes it as a URI and throws on a lone surrogate), bounded. */
export function lineOf(text: string): string {
  const line = text.slice(0, MESSAGE_LENGTH_MAX).replaceAll(/\s*[\r\n]+\s*/g, ' ')
  return (text.length <= MESSAGE_LENGTH_MAX ? line : `${line}…`).toWellFormed()
}
