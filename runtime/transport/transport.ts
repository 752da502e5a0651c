import type { StoreId } from '../storage/store-id.ts'

/**
 * Carries messages between stores. Every message is a plain value that survives encoding.
 *
 * Order holds for a pair of stores while their link lasts; nothing is delivered twice on one link;
 * anything may be lost with it. A store may send to itself, by the same path and no shorter one.
 */
export interface Transport {
  send(to: StoreId, message: PeerMessage): void
  /** Called for each message that arrives, one after the other, never from within `send`. */
  receive(listener: (from: StoreId, message: PeerMessage) => void): void
}

/** `to` names the part of the node that understands the message. */
export type PeerMessage = { readonly to: string; readonly body: unknown }
