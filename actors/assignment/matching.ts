import type { Candidate } from '../queue/queue.ts'
import type { LedShards } from './led-shards.ts'
import type { Heard, Sort, ToExchange } from './messages.ts'
import { Turns } from './turns.ts'

/** A credit is used only so long before its node takes it back. Unit: ms. */
const MARGIN_MS = 100

export type Credit = Extract<Heard<ToExchange>, { readonly type: 'credit' }>
export type Match = { readonly credit: Credit; readonly candidate: Candidate }

type Held = { readonly credit: Credit; readonly untilMs: number }

/** Which free slot gets which task, and what is still wanted. Keeps the credits; does nothing itself. */
export class Matching {
  readonly #led: LedShards
  readonly #creditMs: number
  readonly #credits = new Map<string, Held>()
  readonly #turns = new Turns()
  #wanted = ''

  /** @param creditMs how long a credit holds its slot, from when it was sent. */
  constructor(led: LedShards, creditMs: number) {
    this.#led = led
    this.#creditMs = creditMs
  }

  offered(credit: Credit, nowMs: number): void {
    const untilMs = nowMs + this.#creditMs - MARGIN_MS
    this.#credits.set(`${credit.from} ${credit.credit}`, { credit, untilMs })
  }

  /** The next slot and the best task for it; a credit without one waits while it lasts. */
  *matches(nowMs: number): Generator<Match> {
    const idle = new Set<string>() // All slots of a node are alike: what does not fit one fits none.
    for (const [key, { credit, untilMs }] of this.#credits) {
      const lasts = untilMs > nowMs
      const node = `${credit.from} ${credit.boot}`
      const fits = lasts && !idle.has(node)
      const candidate = fits ? this.#led.best(credit, this.#turns.of) : undefined
      if (candidate || !lasts) this.#credits.delete(key)
      if (fits && !candidate) idle.add(node)
      if (!candidate) continue
      this.#turns.served(candidate.project)
      yield { credit, candidate }
    }
  }

  /** What waits, if that is not what was said last. */
  news(): readonly Sort[] | undefined {
    const sorts = this.#led.wanted()
    const wanted = JSON.stringify(sorts.map(({ kind, requires }) => [kind, requires]))
    if (wanted === this.#wanted) return undefined
    this.#wanted = wanted
    return sorts
  }

  /** Somebody may not know what was said last: say it again. */
  unsay(): void {
    this.#wanted = ''
  }
}
