import type { Principal } from '../../actors/doors/principal.ts'
import type { ActorFigures } from '../../runtime/actor/metrics.ts'

/** What the admin door can ask of its own node beside the fleet. Each may throw a `RuntimeError`. */
export interface AdminActions {
  readonly actors: ActorFigures
  /** Every durable record's schema, in the order in which to show them. */
  schemas(): readonly RecordSchema[]
  /**
   * Copies the store, while it is in use, into `directory`: absolute, empty or not there. Resolves
   * once the copy is complete and fsynced.
   */
  backup(
    directory: string,
    progress: (copiedBytes: number, totalBytes: number) => void,
  ): Promise<void>
  /** A sign-in link that works once. Whoever uses it acts as `by`. */
  consoleLink(by: Principal): Promise<{ readonly url: string; readonly expiresMs: number }>
}

export interface RecordSchema {
  readonly kind: string
  readonly version: number
  /** One line. */
  readonly summary: string
  /** JSON Schema, as text. */
  readonly jsonSchema: string
}
