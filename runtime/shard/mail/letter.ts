import type { Event } from '../machine.ts'

/** A place in the mail from one shard to another: numbers grow within an era, and eras grow. */
export interface Place {
  /** Raised when a shard was forced to go on without some of its log: numbering starts again at 1. */
  readonly era: number
  /** From 1, without a gap. */
  readonly seq: number
}

/** Before the first letter. */
export const NOWHERE: Place = { era: 0, seq: 0 }

export function isAfter(a: Place, b: Place): boolean {
  return a.era > b.era || (a.era === b.era && a.seq > b.seq)
}

export function isAt(a: Place, b: Place): boolean {
  return a.era === b.era && a.seq === b.seq
}

/** What one shard decided that another must hear of: a command for it. */
export interface Letter extends Place {
  readonly body: unknown
}

/** Between the stores that lead two shards. Any of it may be late, lost, doubled or reordered. */
export type MailMessage = { readonly from: number; readonly to: number } & (
  | {
      readonly type: 'letter'
      readonly letter: Letter
      /** The oldest letter that the source still keeps for this target: what is before it is over. */
      readonly oldest: Place
    }
  /** The target has this letter, and all before it, committed with their effects. */
  | { readonly type: 'acknowledged'; readonly place: Place }
)

/** A decided letter, before the mail has given it its number. */
export type Unnumbered = Event & {
  readonly kind: 'letter'
  readonly type: 'written'
  readonly to: number
  readonly body: unknown
}

/**
 * The event by which a decision sends `body` to another shard. It leaves once its entry is
 * committed, arrives once and in order, and is decided there as a command without a reply.
 */
export function letterTo(to: number, body: unknown, atMs: number): Unnumbered {
  return { kind: 'letter', id: '', type: 'written', atMs, to, body }
}

export function isUnnumbered(event: Event): event is Unnumbered {
  return event.kind === 'letter' && event.type === 'written'
}
