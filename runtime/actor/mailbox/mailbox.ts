import { Ring } from '../../scheduling/ring.ts'
import type { MailboxLimits } from '../child-spec.ts'

/** So many of the control lane are taken in a row before an ordinary message has its turn: a flood of either stops neither. */
const CONTROL_ROW_MAX = 32

/**
 * What waits for one actor, in two lanes: control goes before ordinary, and each lane keeps its order.
 *
 * Both are bounded; what has no place is refused, and the sender hears it. What the actor brings
 * upon itself (timers, results it asked for, signals) is never refused: it takes a place all the
 * same, so that others are refused earlier. A stashed message keeps its place too, so stashing
 * loses nothing and cannot grow without bound. Mutable, without input or output.
 */
export class Mailbox<Mail> {
  readonly #control = new Ring<Mail>()
  readonly #ordinary = new Ring<Mail>()
  readonly #stashed = new Ring<Mail>()
  /** Places left for ordinary messages; negative where own mail took more. */
  #room: number
  #roomBytes: number
  #controlMax: number
  #controlRow = 0
  readonly #bytesOf: ((mail: Mail) => number) | undefined

  /** @param bytesOf always the same for the same mail. */
  constructor(limits: MailboxLimits, bytesOf: ((mail: Mail) => number) | undefined) {
    this.#room = limits.messagesMax
    this.#roomBytes = limits.bytesMax
    this.#controlMax = limits.controlMax
    this.#bytesOf = bytesOf
  }

  /** What may be taken now. */
  get count(): number {
    return this.#control.count + this.#ordinary.count
  }

  get stashedCount(): number {
    return this.#stashed.count
  }

  /** False, and nothing is changed, if there is no place. */
  put(mail: Mail): boolean {
    if (this.#room <= 0) return false
    if (this.#bytesOf !== undefined && !this.#weighs(this.#bytesOf(mail))) return false
    this.#room -= 1
    this.#ordinary.push(mail)
    return true
  }

  #weighs(bytes: number): boolean {
    if (bytes > this.#roomBytes) return false
    this.#roomBytes -= bytes
    return true
  }

  putControl(mail: Mail): boolean {
    if (this.#control.count >= this.#controlMax) return false
    this.#control.push(mail)
    return true
  }

  /** Of the actor's own making, in order with what others tell it. */
  putOwn(mail: Mail): void {
    this.#occupy(mail)
    this.#ordinary.push(mail)
  }

  /** A signal, before what is ordinary. */
  putSignal(mail: Mail): void {
    this.#control.push(mail)
  }

  take(): Mail | undefined {
    if (this.#control.count > 0 && this.#controlGoesFirst()) {
      this.#controlRow += 1
      return this.#control.shift()
    }
    this.#controlRow = 0
    const mail = this.#ordinary.shift()
    if (mail === undefined) return undefined
    this.#room += 1
    if (this.#bytesOf !== undefined) this.#roomBytes += this.#bytesOf(mail)
    return mail
  }

  #controlGoesFirst(): boolean {
    return this.#controlRow < CONTROL_ROW_MAX || this.#ordinary.count === 0
  }

  /** Of what was just taken. One of the control lane comes back as an ordinary one. */
  stash(mail: Mail): void {
    this.#occupy(mail)
    this.#stashed.push(mail)
  }

  /** All that is stashed is taken next, in the order in which it was stashed. */
  unstash(): void {
    for (let mail = this.#stashed.pop(); mail !== undefined; mail = this.#stashed.pop()) {
      this.#ordinary.unshift(mail)
    }
  }

  #occupy(mail: Mail): void {
    this.#room -= 1
    if (this.#bytesOf !== undefined) this.#roomBytes -= this.#bytesOf(mail)
  }

  /** Nothing is taken in any more. Gives back what waited, stashed first. */
  *close(): Generator<Mail> {
    this.#room = -Infinity
    this.#controlMax = 0
    this.unstash()
    for (const lane of [this.#ordinary, this.#control]) {
      for (let mail = lane.shift(); mail !== undefined; mail = lane.shift()) yield mail
    }
  }
}
