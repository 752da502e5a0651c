/**
 * How the processes of one attempt are found again, whatever they did to get away: forked twice,
 * took a session of their own, ignored SIGHUP. `cgroup.ts` is the strong form; `marks.ts` what is
 * left where no cgroup can be written.
 */
import type { AttemptKey } from '../../../actors/terminals.ts'
import type { HolderHealth } from '../protocol.ts'

/** The process that was started: its id, and when it started, lest the id is another's by now. */
export interface Leader {
  readonly pid: number
  readonly startedAt: string
}

export interface Confinement {
  readonly health: HolderHealth
  /** Prepares a place and gives the arguments that start `argv` inside it. Throws if the system refuses. */
  enter(key: AttemptKey, argv: readonly string[]): readonly string[]
  /** Live processes of an attempt. The leader may be over. */
  members(key: AttemptKey, leader: Leader): readonly number[]
  /** SIGKILL to all of them. New ones may appear meanwhile: repeat until `members` is empty. */
  kill(key: AttemptKey, leader: Leader): void
  /** Gives the place back once it is empty. Says, for a person, which limit was reached, if one was. */
  leave(key: AttemptKey): string | undefined
  /**
   * Kills what belongs to this store but to none of the `living`, each as `formatKey` wrote it.
   * How many were still there: repeat until 0.
   */
  sweep(living: ReadonlySet<string>): number
  /** Gives everything back: this holder leaves, and no other one is left. */
  retire(): void
}
