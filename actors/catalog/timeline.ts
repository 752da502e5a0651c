import { newestFirst, type Place } from './listing.ts'

/** A block is cut in two when it grows beyond this: what a change moves is bounded by it. */
const BLOCK_MAX = 512

/**
 * Values by id, in the order of lists: the newest first, then by id. Most come as the newest, and
 * those cost nothing; a place anywhere else is found by halving.
 *
 * Kept in blocks, from the oldest value to the newest.
 */
export class Timeline<Value extends Place> {
  readonly #values = new Map<string, Value>()
  readonly #blocks: Value[][] = []

  get size(): number {
    return this.#values.size
  }

  get(id: string): Value | undefined {
    return this.#values.get(id)
  }

  /** Adds the value, or moves it to where it is now. */
  put(value: Value): void {
    this.delete(value.id)
    this.#values.set(value.id, value)
    const at = this.#blockOf(value)
    const block = this.#blocks[at] ?? []
    if (block.length === 0) this.#blocks.push(block)
    block.splice(indexIn(block, value), 0, value)
    if (block.length > BLOCK_MAX) this.#blocks.splice(at + 1, 0, block.splice(BLOCK_MAX / 2))
  }

  delete(id: string): void {
    const value = this.#values.get(id)
    if (!value) return
    this.#values.delete(id)
    const at = this.#blockOf(value)
    const block = this.#blocks[at]
    block?.splice(indexIn(block, value), 1)
    if (block?.length === 0) this.#blocks.splice(at, 1)
  }

  get oldest(): Value | undefined {
    return this.#blocks[0]?.[0]
  }

  /** The newest first; of those only that come after `place`, if it is given. */
  *list(place?: Place): Generator<Value> {
    const from = place ? this.#blockOf(place) : this.#blocks.length - 1
    for (let at = Math.min(from, this.#blocks.length - 1); at >= 0; at--) {
      const block = this.#blocks[at] ?? []
      const end = place && at === from ? indexIn(block, place) : block.length
      for (const value of block.slice(0, end).reverse()) yield value
    }
  }

  /** The block that the place is in or belongs to: the first that reaches so far, else the last. */
  #blockOf(place: Place): number {
    const found = firstIndex(this.#blocks, (block) => {
      const last = block.at(-1)
      return last !== undefined && newestFirst(last, place) <= 0
    })
    return Math.min(found, Math.max(0, this.#blocks.length - 1))
  }
}

/** Where the place is in a block, or would be. */
function indexIn(block: readonly Place[], place: Place): number {
  return firstIndex(block, (each) => newestFirst(each, place) <= 0)
}

/** The index of the first that passes, where all that follow pass too; the length if none does. */
function firstIndex<Value>(values: readonly Value[], passes: (value: Value) => boolean): number {
  let [from, to] = [0, values.length]
  while (from < to) {
    const middle = (from + to) >> 1
    const value = values[middle]
    if (value !== undefined && passes(value)) to = middle
    else from = middle + 1
  }
  return from
}
