import type { StoreId } from '../../runtime/storage/store-id.ts'

/** A free slot that was promised to one leader. */
export interface Offer {
  readonly credit: number
  readonly leader: StoreId
  /** On the terminals' clock: a first leash counts from here. */
  readonly sentMs: number
  /** On the monotonic clock: then the slot is free again. */
  readonly untilMs: number
}

/** The promises of a node that were neither used nor are over; all are good for equally long. */
export class Offers {
  readonly #offers = new Map<number, Offer>()

  get count(): number {
    return this.#offers.size
  }

  add(offer: Offer): void {
    this.#offers.set(offer.credit, offer)
  }

  /** Uses it, if it was made to this leader. */
  take(credit: number, leader: StoreId): Offer | undefined {
    const offer = this.#offers.get(credit)
    if (offer?.leader !== leader) return undefined
    this.#offers.delete(credit)
    return offer
  }

  /** When the next of them is over. */
  get nextMs(): number | undefined {
    const [oldest] = this.#offers.values()
    return oldest?.untilMs
  }

  /** Drops those that are over. */
  expire(nowMs: number): void {
    for (const { credit, untilMs } of this.#offers.values()) {
      if (untilMs > nowMs) return
      this.#offers.delete(credit)
    }
  }

  clear(): void {
    this.#offers.clear()
  }
}
