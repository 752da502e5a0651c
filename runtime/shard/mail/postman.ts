import type { Clock, Timer } from '../../scheduling/clock.ts'
import type { Letter, MailMessage, Place } from './letter.ts'
import { EMPTY_OUTBOX, step, type Outbox, type OutboxInput } from './outbox.ts'

/** Letters that nothing was heard of for so long are sent again. Unit: ms. */
const AGAIN_MS = 500

export interface PostmanOptions {
  readonly clock: Clock
  readonly shard: number
  send(message: MailMessage): void
}

export interface Addressed {
  readonly to: number
  readonly letter: Letter
}

/** Drives the outboxes of one shard, while this store leads it. */
export class Postman {
  readonly #options: PostmanOptions
  readonly #outboxes = new Map<number, Outbox>()
  /** Targets that acknowledged something since the last look. */
  readonly #heard = new Set<number>()
  #timer: Timer | undefined

  constructor(options: PostmanOptions) {
    this.#options = options
  }

  /** Committed and not acknowledged, oldest first. */
  waiting(to: number): readonly Letter[] {
    return this.#outbox(to).letters
  }

  post(committed: readonly Addressed[]): void {
    for (const [to, addressed] of Map.groupBy(committed, (each) => each.to)) {
      this.#step(to, { type: 'committed', letters: addressed.map(({ letter }) => letter) })
    }
  }

  acknowledged(to: number, place: Place): void {
    this.#heard.add(to)
    this.#step(to, { type: 'acknowledged', place })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #step(to: number, input: OutboxInput): void {
    const [outbox, letters] = step(this.#outbox(to), input)
    this.#outboxes.set(to, outbox)
    const [oldest] = outbox.letters
    if (!oldest) return
    const from = this.#options.shard
    for (const letter of letters) this.#options.send({ type: 'letter', from, to, letter, oldest })
    this.#lookLater()
  }

  #lookLater(): void {
    this.#timer ??= this.#options.clock.after(AGAIN_MS, () => {
      this.#timer = undefined
      for (const [to, { sentCount }] of this.#outboxes) {
        if (!this.#heard.delete(to) && sentCount > 0) this.#step(to, { type: 'silent' })
      }
      const waiting = [...this.#outboxes.values()].some(({ letters }) => letters.length > 0)
      if (waiting) this.#lookLater()
    })
  }

  #outbox(to: number): Outbox {
    return this.#outboxes.get(to) ?? EMPTY_OUTBOX
  }
}
