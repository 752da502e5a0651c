import type { Message } from '../behavior.ts'
import type { MailboxSpec } from '../child-spec.ts'
import { type Mail, messageIn, NOTICE, type Notice } from './mail.ts'
import type { Mailbox } from './mailbox.ts'

type Newest<M extends Message> = Extract<Notice<M>, { readonly sort: 'newest' }>

/**
 * How messages that are not plain come into a mailbox: those of the control lane, those of which
 * only the newest waits, those with a deadline. The receiver says which types are which, so no
 * sender can push itself forward.
 */
export class Sorting<M extends Message> {
  readonly #mailbox: Mailbox<Mail<M>>
  readonly #control: ReadonlySet<string>
  /** What waits now of each type of which only the newest does. */
  readonly #newest: Map<string, Newest<M> | undefined>

  constructor(mailbox: Mailbox<Mail<M>>, { control = [], newest = [] }: MailboxSpec<M>) {
    this.#mailbox = mailbox
    this.#control = new Set(control)
    this.#newest = new Map(newest.map((type) => [type, undefined]))
  }

  /** True if this type, or the deadline, is all that can make a message not plain. */
  get none(): boolean {
    return this.#control.size === 0 && this.#newest.size === 0
  }

  put(message: M, deadlineMs: number): boolean {
    if (this.#newest.has(message.type)) return this.#putNewest(message)
    const mail: Mail<M> =
      deadlineMs === Infinity ? message : { type: NOTICE, sort: 'expiring', message, deadlineMs }
    return this.#control.has(message.type)
      ? this.#mailbox.putControl(mail)
      : this.#mailbox.put(mail)
  }

  #putNewest(message: M): boolean {
    const waiting = this.#newest.get(message.type)
    if (waiting) {
      waiting.message = message
      return true
    }
    const { type } = message
    const take = (): M => {
      this.#newest.set(type, undefined)
      return notice.message
    }
    const notice: Newest<M> = { type: NOTICE, sort: 'newest', message, take }
    if (!this.#mailbox.put(notice)) return false
    this.#newest.set(type, notice)
    return true
  }

  /** Nothing comes in any more. Gives back what others told, and nobody took. */
  *close(): Generator<M> {
    for (const type of this.#newest.keys()) this.#newest.set(type, undefined)
    for (const mail of this.#mailbox.close()) {
      const message = messageIn(mail)
      if (message) yield message
    }
  }
}
