import type { ActorRef } from '../actor-ref.ts'
import type { Message } from '../behavior.ts'

/** No behavior has a handler of this name: so a plain message is handled without first asking what it is. */
export const NOTICE: unique symbol = Symbol('notice')

/** What waits in a mailbox beside plain messages. */
export type Notice<M extends Message> = { readonly type: typeof NOTICE } & (
  | { readonly sort: 'expiring'; readonly message: M; readonly deadlineMs: number }
  /** Its message is replaced while it waits; once taken, the next of its type waits in a place of its own. */
  | { readonly sort: 'newest'; message: M; take(): M }
  /** What the actor brought upon itself: made when its turn has come, if it is still wanted then. */
  | { readonly sort: 'own'; make(): M | undefined }
  | { readonly sort: 'terminated'; readonly actor: ActorRef<never> }
  | { readonly sort: 'stop' }
)

/** An envelope as it waits: for a plain message none at all, for anything else a notice. */
export type Mail<M extends Message> = M | Notice<M>

export function isNotice<M extends Message>(mail: Mail<M>): mail is Notice<M> {
  return mail.type === NOTICE
}

/** What another actor told; `undefined` for what came of the actor itself. */
export function messageIn<M extends Message>(mail: Mail<M>): M | undefined {
  if (!isNotice(mail)) return mail
  return mail.sort === 'expiring' || mail.sort === 'newest' ? mail.message : undefined
}

/** What mail weighs, if it is known what a message does. Only mail of others does, and none that is replaced while it waits. */
export function weighing<M extends Message>(
  bytesOf: ((message: M) => number) | undefined,
): ((mail: Mail<M>) => number) | undefined {
  if (!bytesOf) return undefined
  return (mail) => {
    if (!isNotice(mail)) return bytesOf(mail)
    return mail.sort === 'expiring' ? bytesOf(mail.message) : 0
  }
}
