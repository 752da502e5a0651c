import type { StoreId } from '../storage/store-id.ts'
import { assert } from '../errors.ts'
import type { Clock } from '../scheduling/clock.ts'
import type { PeerMessage, Transport } from './transport.ts'

/** The transport of a node without peers: everything is for the store itself. */
export class Loopback implements Transport {
  readonly #self: StoreId
  readonly #clock: Clock
  readonly #queue: PeerMessage[] = []
  #listener: ((from: StoreId, message: PeerMessage) => void) | undefined
  #scheduled = false

  constructor(self: StoreId, clock: Clock) {
    this.#self = self
    this.#clock = clock
  }

  send(to: StoreId, message: PeerMessage): void {
    assert(to === this.#self, 'a node without peers sends only to itself')
    this.#queue.push(message)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.defer(() => this.#deliver())
  }

  receive(listener: (from: StoreId, message: PeerMessage) => void): void {
    this.#listener = listener
  }

  /** What a message causes to be sent goes out in the same turn, up to a limit that keeps others served. */
  #deliver(): void {
    let rest = TURN_MESSAGES_MAX
    for (let at = 0; at < this.#queue.length && rest > 0; at++, rest--) {
      const message = this.#queue[at]
      if (message) this.#listener?.(this.#self, message)
    }
    this.#queue.splice(0, TURN_MESSAGES_MAX - rest)
    this.#scheduled = this.#queue.length > 0
    if (this.#scheduled) this.#clock.defer(() => this.#deliver())
  }
}

/** Messages delivered before timers and sockets get their turn. */
const TURN_MESSAGES_MAX = 4_096
