import { createHash } from 'node:crypto'
import { chance, fraction, type Random } from '../../../runtime/scheduling/random.ts'

/** Who may die at a step. */
export type Actor = 'node' | 'holder'

/** How often a step was passed, and how often somebody died at it. */
export interface StepCount {
  passed: number
  died: number
}

/**
 * The labelled steps of one run: what is written, what was written, each message sent and received,
 * what the holder is told and tells. At each of them the node, or the holder, may die. Also what is
 * remembered of a run: its hash, and its trace if anybody wants it.
 */
export interface Steps {
  /** A life begins, of at most so many steps; 0: of as many as it likes. */
  begins(actor: Actor, stepsMax: number): void
  /** False: it dies here. */
  passes(actor: Actor, label: string): boolean
  note(atMs: number, what: string): void
}

/** Counts steps, and hashes and keeps what is noted. */
class Record {
  readonly counts = new Map<string, StepCount>()
  readonly #hash = createHash('sha256')
  readonly trace: string[] | undefined

  constructor(traced: boolean) {
    this.trace = traced ? [] : undefined
  }

  count(label: string, died: boolean): void {
    const count = this.counts.get(label) ?? { passed: 0, died: 0 }
    this.counts.set(label, count)
    count[died ? 'died' : 'passed'] += 1
  }

  note(atMs: number, what: string): void {
    const line = `${atMs.toFixed(2).padStart(10)} ${what}`
    this.#hash.update(line)
    this.trace?.push(line)
  }

  digest(): string {
    return this.#hash.digest('hex').slice(0, 16)
  }
}

/** How many ordinary steps one counts for at which a death is aimed: rare moments must be met too. */
const AIMED_STEPS = 300
/** So many of the rarest steps are aimed at. */
const RARE_MAX = 6
/** What a node takes until it serves; some lives end before. */
const STARTING_STEPS = 800

/** Deaths by chance: after some steps of a life, or at one sort of step. */
export class RandomSteps extends Record implements Steps {
  readonly #random: Random
  readonly #left = { node: Infinity, holder: Infinity }
  #aim: string | undefined

  constructor(random: Random, traced = false) {
    super(traced)
    this.#random = random
  }

  begins(actor: Actor, stepsMax: number): void {
    const random = this.#random
    const most = chance(random, 0.5) ? stepsMax : Math.ceil(stepsMax / 5)
    const left = stepsMax === 0 ? Infinity : 1 + random.below(most)
    if (actor === 'holder') this.#left.holder = left
    else this.#beginNode(left)
  }

  /** Some lives end before the node serves, some at a step of one sort, the others anywhere. */
  #beginNode(left: number): void {
    const random = this.#random
    const shape = left === Infinity ? 1 : fraction(random)
    this.#aim = shape < 0.5 ? this.#rare() : undefined
    this.#left.node = STARTING_STEPS + left
    if (shape > 0.9 && shape < 1) this.#left.node = 1 + random.below(STARTING_STEPS)
    if (this.#aim) this.#left.node = STARTING_STEPS + AIMED_STEPS * (1 + random.below(4))
  }

  /** One of the rarest steps of a node that there were. */
  #rare(): string | undefined {
    const own = [...this.counts].filter(([label]) => !label.startsWith('holder'))
    const labels = own.sort(([, a], [, b]) => a.passed - b.passed).slice(0, RARE_MAX)
    return labels[this.#random.below(Math.max(1, labels.length))]?.[0]
  }

  passes(actor: Actor, label: string): boolean {
    this.#left[actor] -= label === this.#aim ? AIMED_STEPS : 1
    const dies = this.#left[actor] <= 0
    this.count(label, dies)
    return !dies
  }
}

/** One death, at one step of a run; `Infinity` for none. */
export class OneDeath extends Record implements Steps {
  #left: number

  constructor(at: number, traced = false) {
    super(traced)
    this.#left = at
  }

  begins(): void {
    // Every life is as long as it likes, but for the one.
  }

  passes(_actor: Actor, label: string): boolean {
    this.#left -= 1
    const dies = this.#left === 0
    this.count(label, dies)
    return !dies
  }
}
