import { RuntimeError } from '../../errors.ts'
import type {
  Change,
  Decision,
  Event,
  Leading,
  Machine,
  Position,
  Shard,
  Stamp,
} from '../machine.ts'
import { verdictOn } from './inbox.ts'
import {
  ERA_ID,
  FIRST_ERA,
  letterId,
  MAIL_KINDS,
  readLetterId,
  shardId,
  type EraRow,
  type InboxEvent,
  type LetterEvent,
  type LetterRow,
  type OutboxEvent,
  type OutboxRow,
} from './kinds.ts'
import { isAfter, isUnnumbered, NOWHERE, type Letter, type Place } from './letter.ts'
import { Postman, type Addressed, type PostmanOptions } from './postman.ts'

/**
 * Letters to one target from which on a machine refuses what would write more
 * (`RESOURCE_EXHAUSTED`). What is owed for something taken earlier, such as an answer, is always
 * written: its number is bounded by what was taken.
 */
export const LETTERS_MAX = 4_096

/** What the carrier asks of a shard. The reply to the first is the place to acknowledge. */
export type MailCommand =
  | {
      readonly mail: 'arrived'
      readonly from: number
      readonly letter: Letter
      readonly oldest: Place
    }
  | { readonly mail: 'acknowledged'; readonly by: number; readonly place: Place }

export interface MailPort extends Omit<PostmanOptions, 'shard'> {
  /** Letters are missing for good. */
  alarm(shard: number, error: RuntimeError): void
}

/** The machine of the floor above, with mail between its shards. */
export function withMail<Command extends object>(
  machine: Machine<Command>,
  port: MailPort,
): Machine<Command | MailCommand> {
  return {
    kinds: { ...machine.kinds, ...MAIL_KINDS },
    lead: (shard) => new MailLeading(machine.lead(shard), shard, port),
  }
}

/** Letters to another shard that are not acknowledged yet, the uncommitted ones included. */
export function lettersWaiting(row: Shard<never>['row'], to: number): number {
  return (row('outbox', shardId(to)) as OutboxRow | undefined)?.waiting ?? 0
}

/**
 * Stands between a shard and what is decided in it: numbers the letters of each decision, hands them
 * to the postman once they are committed, and takes those of other shards, each once and in order.
 *
 * A letter stands in one entry with what it is about, and its effects in one with its place: whoever
 * reads a log back has both or neither.
 */
class MailLeading<Command extends object> implements Leading<Command | MailCommand> {
  readonly #inner: Leading<Command>
  readonly #shard: Shard<Command>
  readonly #port: MailPort
  readonly #postman: Postman

  constructor(inner: Leading<Command>, shard: Shard<Command>, port: MailPort) {
    this.#inner = inner
    this.#shard = shard
    this.#port = port
    this.#postman = new Postman({ ...port, shard: shard.shard })
    // Again from the oldest: what was on its way before may be lost.
    this.#postman.post([...shard.rows('letter')].map(([id, row]) => addressed(id, row)))
  }

  decide(command: Command | MailCommand, stamp: Stamp): Decision {
    if (!isMail(command)) return this.#numbered(this.#inner.decide(command, stamp))
    return command.mail === 'arrived' ? this.#take(command, stamp) : this.#drop(command, stamp)
  }

  /** Gives each letter of a decision its place. */
  #numbered(decision: Decision): Decision {
    if (!decision.events.some(isUnnumbered)) return decision
    const outs = new Map<number, OutboxEvent>()
    const events = decision.events.map((event): Event => {
      if (!isUnnumbered(event)) return event
      const { to, body, atMs } = event
      const { count, era, seq } = outs.get(to) ?? { ...this.#last(to), count: 0 }
      const place = { era, seq: seq + 1 }
      const out = { kind: 'outbox', id: shardId(to), type: 'out', atMs, count: count + 1 } as const
      outs.set(to, { ...out, ...place })
      return { kind: 'letter', id: letterId(to, place), type: 'out', atMs, body } as LetterEvent
    })
    return { events: [...events, ...outs.values()], reply: decision.reply }
  }

  /** The place of the newest letter, or where numbering starts in an era without one. */
  #last(to: number): Place {
    const era = this.#era()
    const row = this.#shard.row('outbox', shardId(to)) as OutboxRow | undefined
    return row?.era === era ? row : { era, seq: 0 }
  }

  #era(): number {
    return (this.#shard.row('era', ERA_ID) as EraRow | undefined)?.era ?? FIRST_ERA
  }

  #take({ from, letter, oldest }: Of<'arrived'>, stamp: Stamp): Decision {
    const id = shardId(from)
    const known = (this.#shard.row('inbox', id) as Place | undefined) ?? NOWHERE
    const forced = this.#era() > FIRST_ERA
    const verdict = verdictOn({ place: letter, oldest, known, forced })
    if (verdict === 'beyond') return { events: [], reply: undefined }
    if (verdict === 'known') return { events: [], reply: known }
    const place = { era: letter.era, seq: letter.seq }
    const jump = verdict === 'jump' ? { jump: true } : {}
    const taken: InboxEvent = {
      kind: 'inbox',
      id,
      type: 'in',
      atMs: stamp.wallMs,
      ...place,
      ...jump,
    }
    const { events } = this.#numbered(this.#inner.decide(letter.body as Command, stamp))
    return { events: [taken, ...events], reply: place }
  }

  #drop({ by, place }: Of<'acknowledged'>, { wallMs: atMs }: Stamp): Decision {
    const events: Event[] = []
    for (const letter of this.#postman.waiting(by)) {
      if (isAfter(letter, place)) break
      const id = letterId(by, letter)
      if (this.#shard.row('letter', id)) events.push({ kind: 'letter', id, type: 'acked', atMs })
    }
    const count = events.length
    if (count === 0) return { events, reply: undefined }
    const { era, seq } = place
    const acked = { kind: 'outbox', id: shardId(by), type: 'acked', atMs, era, seq, count } as const
    return { events: [...events, acked satisfies OutboxEvent], reply: undefined }
  }

  decided(changes: readonly Change[]): void {
    this.#inner.decided(changes)
  }

  committed(changes: readonly Change[], at: Position): void {
    this.#inner.committed(changes, at)
    const written: Addressed[] = []
    for (const { kind, id, after, event } of changes) {
      if (kind === 'letter' && after) written.push(addressed(id, after))
      if (kind === 'outbox' && event.type === 'acked')
        this.#postman.acknowledged(Number(id), event as OutboxEvent)
      if (kind === 'inbox') this.#maybeAlarm(event as InboxEvent)
    }
    if (written.length > 0) this.#postman.post(written)
  }

  #maybeAlarm({ id, era, seq, jump }: InboxEvent): void {
    if (jump !== true) return
    const message = `Cannot read letters of shard ${Number(id)} before ${era}/${seq}: they are lost`
    this.#port.alarm(this.#shard.shard, new RuntimeError('STORE_CORRUPT', message))
  }

  stop(): void {
    this.#postman.stop()
    this.#inner.stop()
  }
}

type Of<T extends MailCommand['mail']> = Extract<MailCommand, { readonly mail: T }>

function isMail(command: object): command is MailCommand {
  return 'mail' in command
}

function addressed(id: string, row: unknown): Addressed {
  const { to, ...place } = readLetterId(id)
  return { to, letter: { ...place, body: (row as LetterRow).body } }
}
