import { Line, type Place } from './line.ts'

/** The queue's own lines, in which a lane lets its first ones stand. `Spot` says in which. */
export interface Lines<Spot> {
  stand(spot: Spot, place: Place): void
  leave(spot: Spot, id: string): void
}

/** Where a task waits: equal keys mean the same line. */
export interface Berth<Spot> {
  readonly key: string
  readonly spot: Spot
  /** So many of the lane may run when this one starts. */
  readonly max: number
}

type Waiting<Spot> = Berth<Spot> & { readonly line: Line; shown: Place | undefined }

/**
 * The tasks of one concurrency key. Of those that wait only the first of each berth stands in the
 * queue's lines, and only while there is room: filling and freeing a lane moves a few places,
 * however many wait in it.
 */
export class Lane<Spot> {
  readonly #lines: Lines<Spot>
  readonly #waiting = new Map<string, Waiting<Spot>>()
  #running = 0

  constructor(lines: Lines<Spot>) {
    this.#lines = lines
  }

  get running(): number {
    return this.#running
  }

  /** Nobody runs or waits: the lane may be forgotten. */
  get empty(): boolean {
    return this.#running === 0 && this.#waiting.size === 0
  }

  /** One more of the lane runs, or one fewer. */
  move(by: 1 | -1): void {
    this.#running += by
    for (const waiting of this.#waiting.values()) this.#show(waiting)
  }

  add(berth: Berth<Spot>, place: Place): void {
    const known = this.#waiting.get(berth.key)
    const waiting = known ?? { ...berth, line: new Line(), shown: undefined }
    if (!known) this.#waiting.set(berth.key, waiting)
    waiting.line.add(place)
    this.#show(waiting)
  }

  remove({ key }: Berth<Spot>, id: string): void {
    const waiting = this.#waiting.get(key)
    if (!waiting) return
    waiting.line.remove(id)
    this.#show(waiting)
    if (waiting.line.size === 0) this.#waiting.delete(key)
  }

  #show(waiting: Waiting<Spot>): void {
    const { line, spot, max, shown } = waiting
    const next = this.#running < max ? line.head() : undefined
    if (next === shown) return
    if (shown) this.#lines.leave(spot, shown.id)
    if (next) this.#lines.stand(spot, next)
    waiting.shown = next
  }
}
