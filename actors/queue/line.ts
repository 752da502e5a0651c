/** A task's place: who was enqueued first goes first, then the smaller id. */
export interface Place {
  readonly id: string
  readonly enqueuedMs: number
}

export function before(a: Place, b: Place): boolean {
  return a.enqueuedMs < b.enqueuedMs || (a.enqueuedMs === b.enqueuedMs && a.id < b.id)
}

/**
 * Tasks of one priority in order of their place. Most come at the end; a retried one goes back to
 * its own place. Who has left is passed over when its turn comes. A binary heap.
 */
export class Line {
  readonly #heap: Place[] = []
  readonly #present = new Set<string>()

  get size(): number {
    return this.#present.size
  }

  add(place: Place): void {
    if (this.#present.has(place.id)) return
    this.#present.add(place.id)
    const heap = this.#heap
    let at = heap.push(place) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (!above || !before(place, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = place
  }

  remove(id: string): void {
    this.#present.delete(id)
    if (this.#present.size === 0) this.#heap.length = 0
  }

  head(): Place | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (!first || this.#present.has(first.id)) return first
      this.#dropFirst()
    }
  }

  #dropFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      if (!left) break
      const goRight = right !== undefined && before(right, left)
      const child = goRight ? right : left
      if (!before(child, last)) break
      heap[at] = child
      at = 2 * at + (goRight ? 2 : 1)
    }
    heap[at] = last
  }
}
