const FIRST_CAPACITY = 8

/**
 * A line of things: added at the end, taken from the front, seldom put back there. Starts small and
 * doubles; never shrinks, so its owner bounds what it adds. Mutable, because copying a mailbox for
 * each message would cost more than the message.
 */
export class Ring<T> {
  #places: (T | undefined)[] = new Array<T | undefined>(FIRST_CAPACITY).fill(undefined)
  #mask = FIRST_CAPACITY - 1
  #front = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  push(each: T): void {
    if (this.#count > this.#mask) this.#grow()
    this.#places[(this.#front + this.#count) & this.#mask] = each
    this.#count += 1
  }

  /** Before everything that waits. */
  unshift(each: T): void {
    if (this.#count > this.#mask) this.#grow()
    this.#front = (this.#front - 1) & this.#mask
    this.#places[this.#front] = each
    this.#count += 1
  }

  shift(): T | undefined {
    if (this.#count === 0) return undefined
    const each = this.#places[this.#front]
    this.#places[this.#front] = undefined // Nothing is kept alive by having waited here.
    this.#front = (this.#front + 1) & this.#mask
    this.#count -= 1
    return each
  }

  /** The newest. */
  pop(): T | undefined {
    if (this.#count === 0) return undefined
    this.#count -= 1
    const at = (this.#front + this.#count) & this.#mask
    const each = this.#places[at]
    this.#places[at] = undefined
    return each
  }

  /** The masks need a power of two. */
  #grow(): void {
    const { length } = this.#places
    const places = new Array<T | undefined>(length * 2).fill(undefined)
    for (let at = 0; at < this.#count; at++) {
      places[at] = this.#places[(this.#front + at) & this.#mask]
    }
    this.#places = places
    this.#mask = places.length - 1
    this.#front = 0
  }
}
