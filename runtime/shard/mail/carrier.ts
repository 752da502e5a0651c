import type { Clock } from '../../scheduling/clock.ts'
import type { StoreId } from '../../storage/store-id.ts'
import type { Answer } from '../machine.ts'
import type { MailMessage, Place } from './letter.ts'
import type { MailCommand } from './mail.ts'

/** A letter that is not committed by then is not acknowledged; its source sends it again. Unit: ms. */
const COMMIT_MS = 5_000

export interface CarrierOptions {
  readonly clock: Clock
  /** Who leads a shard, as far as this store knows. */
  leaderOf(shard: number): StoreId | undefined
  send(to: StoreId, message: MailMessage): void
  command(shard: number, command: MailCommand, deadlineMs: number, answer: Answer): void
}

/** Carries letters to whoever leads their target, and the acknowledgements back. Keeps nothing. */
export class Carrier {
  readonly #options: CarrierOptions

  constructor(options: CarrierOptions) {
    this.#options = options
  }

  send(message: MailMessage): void {
    const leader = this.#options.leaderOf(message.to)
    if (leader !== undefined) this.#options.send(leader, message)
  }

  /** Only what is committed is acknowledged; whatever else happens, the source tries again. */
  receive(source: StoreId, message: MailMessage): void {
    const { from, to } = message
    if (message.type === 'acknowledged') {
      return this.#command(to, { mail: 'acknowledged', by: from, place: message.place })
    }
    const { letter, oldest } = message
    this.#command(to, { mail: 'arrived', from, letter, oldest }, (place) => {
      this.#options.send(source, { type: 'acknowledged', from: to, to: from, place })
    })
  }

  #command(shard: number, command: MailCommand, done?: (place: Place) => void): void {
    const deadlineMs = this.#options.clock.monotonicMs() + COMMIT_MS
    this.#options.command(shard, command, deadlineMs, (result) => {
      const place = result instanceof Error ? undefined : (result.reply as Place | undefined)
      if (place) done?.(place)
    })
  }
}
