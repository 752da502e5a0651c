/** Values of which the first is always at hand. A binary heap: adding and taking cost log n. */
export class Heap<Value> {
  readonly #before: (a: Value, b: Value) => boolean
  #values: Value[] = []

  /** @param before whether `a` goes before `b`; a strict order. */
  constructor(before: (a: Value, b: Value) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#values.length
  }

  get first(): Value | undefined {
    return this.#values[0]
  }

  add(value: Value): void {
    const values = this.#values
    let at = values.push(value) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = values[parent]
      if (above === undefined || !this.#before(value, above)) break
      values[at] = above
      at = parent
    }
    values[at] = value
  }

  take(): Value | undefined {
    const values = this.#values
    const first = values[0]
    const last = values.pop()
    if (last !== undefined && values.length > 0) this.#sink(last)
    return first
  }

  /** Takes out what does not pass. Costs as much as filling it anew. */
  keep(passes: (value: Value) => boolean): void {
    const kept = this.#values.filter(passes)
    this.#values = []
    for (const value of kept) this.add(value)
  }

  clear(): void {
    this.#values = []
  }

  /** Puts `value` where it belongs, from the top down. */
  #sink(value: Value): void {
    const values = this.#values
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      let below = values[child]
      if (below === undefined) break
      const right = values[child + 1]
      if (right !== undefined && this.#before(right, below)) {
        child += 1
        below = right
      }
      if (!this.#before(below, value)) break
      values[at] = below
      at = child
    }
    values[at] = value
  }
}
