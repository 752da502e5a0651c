declare const actorIdBrand: unique symbol

/** The names from the root down to an actor, such as `slots/t07-01J….1`: unique among living actors of a node. */
export type ActorId = string & { readonly [actorIdBrand]: true }

export function actorIdOf(path: string): ActorId {
  return path as ActorId
}

/**
 * Where an actor can be told something: an id, and the route to it. Whoever has a ref need not know
 * whether the actor still lives, was started again, or is on this node.
 *
 * Messages from one sender over one ref arrive in order, each at most once: those of a lane among
 * themselves. Anything may be refused or lost.
 */
export interface ActorRef<in M> {
  readonly id: ActorId
  /**
   * Never waits, never throws, never runs the receiver.
   *
   * False if the message was refused at once: the mailbox is full, or the actor has stopped. It is
   * then counted, and is a dead letter. True promises nothing more than a place in the mailbox.
   *
   * @param deadlineMs A moment on the monotonic clock: taken from the mailbox later than this, the
   * message is dropped, and counted as expired.
   */
  tell(message: M, deadlineMs?: number): boolean
}
