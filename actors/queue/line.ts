import { Heap } from '../../runtime/scheduling/heap.ts'

/** A task's place: who was enqueued first goes first, then the smaller id. */
export interface Place {
  readonly id: string
  readonly enqueuedMs: number
}

export function before(a: Place, b: Place): boolean {
  return a.enqueuedMs < b.enqueuedMs || (a.enqueuedMs === b.enqueuedMs && a.id < b.id)
}

/** Places of those who left may wait to be passed over, beside as many who are there. */
const LEFT_MAX = 1_000

/**
 * Tasks of one priority in order of their place. Most come at the end; a retried one goes back to
 * its own place. Who has left is passed over when its turn comes.
 */
export class Line {
  readonly #heap = new Heap<Place>(before)
  readonly #present = new Map<string, Place>()

  get size(): number {
    return this.#present.size
  }

  add(place: Place): void {
    if (this.#present.has(place.id)) return
    this.#present.set(place.id, place)
    this.#heap.add(place)
  }

  remove(id: string): void {
    this.#present.delete(id)
    if (this.#present.size === 0) this.#heap.clear()
    else if (this.#heap.size > 2 * this.#present.size + LEFT_MAX) this.#heap.keep(this.#isHere)
  }

  head(): Place | undefined {
    for (;;) {
      const { first } = this.#heap
      if (!first || this.#isHere(first)) return first
      this.#heap.take()
    }
  }

  /** Who left and came back has another place than the one it left. */
  readonly #isHere = (place: Place): boolean => this.#present.get(place.id) === place
}
