import {
  SUPERVISION_DEFAULTS,
  type RestartKind,
  type Supervision,
} from '../supervision/supervision.ts'
import type { Behavior, Message } from './behavior.ts'
import type { Context } from './context.ts'

/** How a child is started, what its failures mean, and how much may wait for it. */
export interface ChildSpec<M extends Message> extends Partial<Omit<Supervision, 'restart'>> {
  /** Unique among the living children of its supervisor. No `/`. */
  readonly name: string
  /** Makes the first behavior, of every life anew: nothing is left of the state that failed. */
  readonly start: (context: Context<M>) => Behavior<M>
  readonly restart: RestartKind
  readonly mailbox?: MailboxSpec<NoInfer<M>>
  /** How long a child that is asked to stop may go on. Unit: ms. Default 5 s. */
  readonly shutdownMs?: number
}

export interface MailboxSpec<M extends Message> {
  /** Ordinary messages that may wait, stashed ones included. Default 1,024. */
  readonly messagesMax?: number
  /** Their bytes, where `bytesOf` says how many those are. Default 16 MiB. */
  readonly bytesMax?: number
  /** Pure: the size of one message. Without it, only their number is bounded. */
  readonly bytesOf?: (message: M) => number
  /** Types that go before all ordinary ones, in a lane of their own, such as an inspection. */
  readonly control?: readonly M['type'][]
  /** Messages that may wait in the control lane. Default 128. */
  readonly controlMax?: number
  /** Types of which only the newest waits, in the place of the first: news that replace one another. No deadline. */
  readonly newest?: readonly M['type'][]
}

export interface MailboxLimits {
  readonly messagesMax: number
  readonly bytesMax: number
  readonly controlMax: number
}

export const MAILBOX_DEFAULTS: MailboxLimits = {
  messagesMax: 1_024,
  bytesMax: 16 * 1024 * 1024,
  controlMax: 128,
}

export const SHUTDOWN_MS = 5_000

export function supervisionOf(
  spec: Partial<Supervision> & Pick<Supervision, 'restart'>,
): Supervision {
  return { ...SUPERVISION_DEFAULTS, ...spec }
}
