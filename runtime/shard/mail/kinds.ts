import { assert } from '../../errors.ts'
import type { DurableKind, Event } from '../machine.ts'
import { isAfter, NOWHERE, type Place } from './letter.ts'

/** Where the mail of this shard to another stands; its id is the target. */
export interface OutboxRow extends Place {
  /** Letters not acknowledged yet. */
  readonly waiting: number
}
export type OutboxEvent = Event & { readonly kind: 'outbox' } & Place & {
    /** `count` letters were written, up to this place; or are acknowledged. */
    readonly type: 'out' | 'acked'
    readonly count: number
  }

/** A letter that is not acknowledged yet; its id says to whom, and its place. */
export interface LetterRow {
  readonly body: unknown
}
export type LetterEvent = Event & { readonly kind: 'letter' } & (
    | { readonly type: 'out'; readonly body: unknown }
    | { readonly type: 'acked' }
  )

/** The newest letter taken from another shard; its id is the source. */
export type InboxEvent = Event & { readonly kind: 'inbox'; readonly type: 'in' } & Place & {
    /** Letters are missing before this one: they were lost when this shard was forced. */
    readonly jump?: boolean
  }

export interface EraRow {
  readonly era: number
}
export type EraEvent = Event & { readonly kind: 'era'; readonly type: 'raised' }

/** The one row of the kind `era`. */
export const ERA_ID = 'own'
export const FIRST_ERA = 1

const outbox: DurableKind<OutboxRow, OutboxEvent> = {
  kind: 'outbox',
  version: 1,
  fold(row = { ...NOWHERE, waiting: 0 }, { type, era, seq, count }) {
    if (type === 'acked') {
      assert(row.waiting >= count, 'no more is acknowledged than was written')
      return { ...row, waiting: row.waiting - count }
    }
    const first = era === row.era ? row.seq + 1 : 1
    assert(era >= row.era && seq === first + count - 1, 'letters are numbered without a gap')
    return { era, seq, waiting: row.waiting + count }
  },
}

const letter: DurableKind<LetterRow, LetterEvent> = {
  kind: 'letter',
  version: 1,
  fold(row, event) {
    assert((event.type === 'out') === (row === undefined), 'a letter is written, then acknowledged')
    return event.type === 'out' ? { body: event.body } : undefined
  },
}

const inbox: DurableKind<Place, InboxEvent> = {
  kind: 'inbox',
  version: 1,
  fold(row = NOWHERE, { era, seq, jump }) {
    assert(isAfter({ era, seq }, row), 'no letter is taken twice')
    const next = jump === true || seq === (era === row.era ? row.seq : 0) + 1
    assert(next, 'letters are taken in order')
    return { era, seq }
  },
}

const era: DurableKind<EraRow, EraEvent> = {
  kind: 'era',
  version: 1,
  fold: (row = { era: FIRST_ERA }) => ({ era: row.era + 1 }),
}

/** What the mail keeps in each shard. */
export const MAIL_KINDS: Readonly<Record<string, DurableKind>> = {
  outbox: outbox as DurableKind,
  letter: letter as DurableKind,
  inbox: inbox as DurableKind,
  era: era as DurableKind,
}

/** The id of an outbox or inbox: the other shard. */
export function shardId(shard: number): string {
  return String(shard).padStart(2, '0')
}

/** Sorts by target and place. */
export function letterId(to: number, { era, seq }: Place): string {
  return `${shardId(to)}/${String(era).padStart(6, '0')}/${String(seq).padStart(14, '0')}`
}

export function readLetterId(id: string): Place & { readonly to: number } {
  const [to = 0, era = 0, seq = 0] = id.split('/').map(Number)
  return { to, era, seq }
}
