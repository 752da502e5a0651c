import type { Command, FromPage, Problem } from '../../protocol.ts'

/** How long a command is repeated by itself before a person is told that its outcome is unknown. */
export const REPEAT_MS = 30_000

/** What became of a command. `unknown`: nobody said; asking again under the same key finds out. */
export type Answer =
  | { readonly type: 'done'; readonly ok: unknown }
  | { readonly type: 'refused'; readonly problem: Problem }
  | { readonly type: 'unknown' }

/** A command that was not answered yet. Its idempotency key is what it is known by. */
export interface Pending {
  readonly cmd: Command
  /** How often it was sent. */
  readonly try: number
  readonly sinceMs: number
  /** When to send it again; absent: it is on its way. */
  readonly againMs?: number
}

export type Outbox = ReadonlyMap<string, Pending>

export interface Sorted {
  readonly outbox: Outbox
  readonly send: readonly FromPage[]
  readonly settled: readonly { readonly idem: string; readonly answer: Answer }[]
}

/** A command waits in the outbox until it is due; `sendDue` sends it. */
export function posted(outbox: Outbox, idem: string, cmd: Command, nowMs: number): Outbox {
  return new Map(outbox).set(idem, { cmd, try: 0, sinceMs: nowMs, againMs: nowMs })
}

/** The connection was lost: whatever was on its way may or may not have been done. */
export function lost(outbox: Outbox, nowMs: number): Outbox {
  return new Map([...outbox].map(([idem, pending]) => [idem, { ...pending, againMs: nowMs }]))
}

/** Sends what is due, while `live`, and gives up what nobody answered. */
export function sendDue(outbox: Outbox, live: boolean, nowMs: number): Sorted {
  const next = new Map<string, Pending>()
  const send: FromPage[] = []
  const settled: Sorted['settled'][number][] = []
  for (const [idem, pending] of outbox) {
    const { againMs, ...rest } = pending
    if (nowMs - pending.sinceMs >= REPEAT_MS) settled.push({ idem, answer: { type: 'unknown' } })
    else if (live && againMs !== undefined && againMs <= nowMs) {
      const sent = { ...rest, try: pending.try + 1 }
      next.set(idem, sent)
      send.push({ t: 'cmd', id: idem, idem, try: sent.try, cmd: pending.cmd })
    } else next.set(idem, pending)
  }
  return { outbox: next, send, settled }
}

/** `UNAVAILABLE` says that the outcome is unknown: the same request, under the same key, finds out. */
export function answered(
  outbox: Outbox,
  idem: string,
  result: { readonly ok?: unknown; readonly err?: Problem },
  nowMs: number,
): Sorted {
  const pending = outbox.get(idem)
  const { err } = result
  if (!pending) return { outbox, send: [], settled: [] }
  const next = new Map(outbox)
  if (err?.code === 'UNAVAILABLE') {
    next.set(idem, { ...pending, againMs: nowMs + (err.retryMs ?? 1_000) })
    return { outbox: next, send: [], settled: [] }
  }
  next.delete(idem)
  const answer: Answer = err ? { type: 'refused', problem: err } : { type: 'done', ok: result.ok }
  return { outbox: next, send: [], settled: [{ idem, answer }] }
}
