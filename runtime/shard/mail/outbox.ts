import { isAfter, type Letter, type Place } from './letter.ts'

/** Letters on their way to one target at a time. */
export const IN_FLIGHT_MAX = 8

/**
 * The mail of one shard to one other, at the source: letters leave in order, a few at a time, and
 * stay until the target has said that it has them.
 *
 * Pure. Knows only what is committed: a letter of the uncommitted tail is not here yet.
 */
export interface Outbox {
  /** Committed and not acknowledged, oldest first. */
  readonly letters: readonly Letter[]
  /** How many of them, from the oldest on, are on their way. */
  readonly sentCount: number
}

export type OutboxInput =
  | { readonly type: 'committed'; readonly letters: readonly Letter[] }
  /** Committed too: these letters are over. */
  | { readonly type: 'acknowledged'; readonly place: Place }
  /** Nothing was heard for a while: what is on its way may be lost. */
  | { readonly type: 'silent' }

export const EMPTY_OUTBOX: Outbox = { letters: [], sentCount: 0 }

/** Returns the letters that must leave now, in order. */
export function step(outbox: Outbox, input: OutboxInput): readonly [Outbox, readonly Letter[]] {
  switch (input.type) {
    case 'committed':
      return filled({ ...outbox, letters: [...outbox.letters, ...input.letters] })
    case 'acknowledged':
      return filled(drop(outbox, input.place))
    case 'silent':
      return filled({ ...outbox, sentCount: 0 })
  }
}

function drop({ letters, sentCount }: Outbox, place: Place): Outbox {
  const kept = letters.findIndex((letter) => isAfter(letter, place))
  const count = kept < 0 ? letters.length : kept
  return { letters: letters.slice(count), sentCount: Math.max(0, sentCount - count) }
}

function filled({ letters, sentCount }: Outbox): readonly [Outbox, readonly Letter[]] {
  const full = Math.max(sentCount, Math.min(letters.length, IN_FLIGHT_MAX))
  return [{ letters, sentCount: full }, letters.slice(sentCount, full)]
}
