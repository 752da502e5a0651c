import { chance, seededRandom } from '../../../../runtime/scheduling/random.ts'
import type { Clock } from '../../../../runtime/scheduling/clock.ts'
import { MAIL_KINDS } from '../../../../runtime/shard/mail/kinds.ts'
import { letterTo, type MailMessage, type Place } from '../../../../runtime/shard/mail/letter.ts'
import { withMail, type MailCommand } from '../../../../runtime/shard/mail/mail.ts'
import type {
  Change,
  DurableKind,
  Event,
  Leading,
  Machine,
} from '../../../../runtime/shard/machine.ts'
import type { Transport } from '../../../../runtime/transport/transport.ts'

/** Sends words to another shard, which writes them down in the order in which they come. */
export type WordCommand =
  | { readonly type: 'say'; readonly to: number; readonly words: readonly string[] }
  | { readonly type: 'heard'; readonly from: number; readonly word: string }
  | { readonly type: 'said' | 'written'; readonly id: string }
  /** As after a force: the era is raised. */
  | { readonly type: 'force' }

type Words = { readonly words: readonly string[] }
type Worded = Event & { readonly word: string }

function words(kind: string): DurableKind {
  const durable: DurableKind<Words, Worded> = {
    kind,
    version: 1,
    fold: (row, { word }) => ({ words: [...(row?.words ?? []), word] }),
  }
  return durable as DurableKind
}

const NO_WORDS: Words = { words: [] }

/** `said` holds what a shard sent, by target; `written` what came, by source. */
export const wordMachine: Machine<WordCommand> = {
  kinds: { said: words('said'), written: words('written') },
  lead: (shard): Leading<WordCommand> => ({
    decide(command, { wallMs: atMs }) {
      switch (command.type) {
        case 'say': {
          const { to } = command
          const said = { kind: 'said', id: String(to), type: 'said', atMs } as const
          const events = command.words.flatMap((word) => [
            { ...said, word },
            letterTo(to, { type: 'heard', from: shard.shard, word }, atMs),
          ])
          return { events, reply: 'said' }
        }
        case 'heard': {
          const { from, word } = command
          const heard = { kind: 'written', id: String(from), type: 'heard', atMs, word }
          return { events: [heard], reply: undefined }
        }
        case 'force':
          return { events: [{ kind: 'era', id: 'own', type: 'raised', atMs }], reply: undefined }
        default:
          return { events: [], reply: shard.row(command.type, command.id) ?? NO_WORDS }
      }
    },
    decided: () => undefined,
    committed: () => undefined,
    stop: () => undefined,
  }),
}

/** A wire that loses, doubles, holds back and so reorders what passes between shards. */
export function badWire(seed: number): (transport: Transport, clock: Clock) => Transport {
  const random = seededRandom(seed)
  return (transport, clock) => ({
    send(to, message) {
      if (message.to !== 'mail') return transport.send(to, message)
      if (chance(random, 0.2)) return
      const copies = chance(random, 0.2) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) {
        clock.after(random.below(40), () => transport.send(to, message))
      }
    },
    receive: (listener) => transport.receive(listener),
  })
}

export function at(seq: number, era = 1): Place {
  return { era, seq }
}

const STOPPED: Clock = {
  wallMs: () => 0,
  monotonicMs: () => 0,
  after: () => ({ cancel: () => undefined }),
  soon: () => undefined,
  defer: () => undefined,
}

/** One shard without a disk: each decision is committed at once. */
export class LoneShard {
  readonly sent: MailMessage[] = []
  readonly alarms: Error[] = []
  readonly rows = new Map<string, unknown>()
  readonly #leading: Leading<WordCommand | MailCommand>
  #index = 0

  constructor(shard: number) {
    const machine = withMail(wordMachine, {
      clock: STOPPED,
      send: (message) => void this.sent.push(message),
      alarm: (_shard, error) => void this.alarms.push(error),
    })
    this.#leading = machine.lead({
      shard,
      epoch: 1,
      row: (kind, id) => this.rows.get(`${kind} ${id}`),
      loaded: (kind, id) => this.rows.get(`${kind} ${id}`),
      rows: () => [],
      wallMs: () => 0,
      propose: () => true,
    })
  }

  decide(command: WordCommand | MailCommand): unknown {
    const stamp = { wallMs: 0, epoch: 1, index: ++this.#index }
    const { events, reply } = this.#leading.decide(command, stamp)
    this.#leading.committed(
      events.map((event) => this.#fold(event)),
      { shard: 0, ...stamp },
    )
    return reply
  }

  #fold(event: Event): Change {
    const { kind, id } = event
    const before = this.rows.get(`${kind} ${id}`)
    const durable = wordMachine.kinds[kind] ?? MAIL_KINDS[kind]
    const after = durable?.fold(before, event)
    this.rows.set(`${kind} ${id}`, after)
    return { kind, id, before, after, event }
  }
}
