export interface Due {
  readonly id: string
  readonly version: number
  readonly dueMs: number
}

/** Timers in the order in which they fall due. Stale ones stay in until then, and are refused there. */
export class DueHeap {
  readonly #heap: Due[] = []

  get size(): number {
    return this.#heap.length
  }

  clear(): void {
    this.#heap.length = 0
  }

  get next(): Due | undefined {
    return this.#heap[0]
  }

  add(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (!above || above.dueMs <= due.dueMs) break
      heap[at] = above
      at = parent
    }
    heap[at] = due
  }

  take(): Due | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (!last || heap.length === 0) return first
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      if (!left) break
      const goRight = right !== undefined && right.dueMs < left.dueMs
      const child = goRight ? right : left
      if (child.dueMs >= last.dueMs) break
      heap[at] = child
      at = 2 * at + (goRight ? 2 : 1)
    }
    heap[at] = last
    return first
  }
}
