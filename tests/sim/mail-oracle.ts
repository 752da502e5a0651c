import type { Change, Shard } from '../../runtime/shard/machine.ts'
import { readLetterId, shardId, type InboxEvent } from '../../runtime/shard/mail/kinds.ts'
import { isAfter, NOWHERE, type MailMessage, type Place } from '../../runtime/shard/mail/letter.ts'
import { fail } from './violation.ts'

/** Sees all letters between shards: MAIL says what of them may leave and what may be acknowledged. */
export class MailOracle {
  /** Committed and not yet acknowledged, as `from>to era/seq`. */
  readonly #letters = new Set<string>()
  /** The newest letter that a shard has taken from another, as `from>to`. */
  readonly #taken = new Map<string, Place>()

  leads(shard: Shard<never>): void {
    const from = shard.shard
    for (const letter of this.#letters)
      if (letter.startsWith(`${from}>`)) this.#letters.delete(letter)
    for (const [id] of shard.rows('letter')) this.#letters.add(nameOf(from, readLetterId(id)))
    for (const [id, row] of shard.rows('inbox'))
      this.#taken.set(`${Number(id)}>${from}`, row as Place)
  }

  commit(shard: number, changes: readonly Change[]): void {
    for (const { kind, id, after, event } of changes) {
      if (kind === 'inbox') this.#taken.set(`${Number(id)}>${shard}`, event as InboxEvent)
      if (kind === 'letter' && after) this.#letters.add(nameOf(shard, readLetterId(id)))
      if (kind === 'letter' && !after) this.#acknowledged(shard, readLetterId(id))
    }
  }

  #acknowledged(from: number, place: Place & { readonly to: number }): void {
    const taken = this.#taken.get(`${from}>${place.to}`) ?? NOWHERE
    if (isAfter(place, taken))
      fail(`MAIL: ${nameOf(from, place)} is acknowledged before it is taken`)
    this.#letters.delete(nameOf(from, place))
  }

  /** Nothing leaves that is not committed. */
  sends(message: MailMessage): void {
    if (message.type === 'acknowledged') {
      const taken = this.#taken.get(`${message.to}>${message.from}`) ?? NOWHERE
      if (isAfter(message.place, taken))
        fail('MAIL: an acknowledgement leaves before its letter is taken')
      return
    }
    const name = nameOf(message.from, { ...message.letter, to: message.to })
    const taken = this.#taken.get(`${message.from}>${message.to}`) ?? NOWHERE
    if (!this.#letters.has(name) && isAfter(message.letter, taken))
      fail(`MAIL: ${name} leaves before it is committed`)
  }

  /** Letters that nobody has acknowledged. */
  get waiting(): readonly string[] {
    return [...this.#letters]
  }
}

function nameOf(from: number, { to, era, seq }: Place & { readonly to: number }): string {
  return `${from}>${shardId(to)} ${era}/${seq}`
}
