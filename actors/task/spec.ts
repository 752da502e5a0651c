/**
 * What a caller asks for. Every field is parsed and bounded at the edge by `parseSpec` (in this
 * folder); inside, it is only read.
 */
export interface TaskSpec {
  /** The sort of work. */
  readonly kind: 'shell'
  /** For people; default: the command's beginning. At most 200 characters. */
  readonly title: string
  /** The program and its arguments; never a shell string of ours. At most 1,024 arguments, 256 KiB in all. */
  readonly argv: readonly string[]
  /** Absolute path on the node that runs it. Default: the data directory's owner's home. */
  readonly workdir?: string
  readonly env: Readonly<Record<string, string>>
  /** 0 to 10, 10 first, default 5. */
  readonly priority: number
  readonly labels: readonly string[]
  /** Labels that a node must have, as `gpu` or `zone=eu`. */
  readonly requires: readonly string[]
  /** Ids of tasks that must complete first. */
  readonly after: readonly string[]
  /** Not before this moment, wall clock ms. */
  readonly notBeforeMs?: number
  /** Not started by this moment: expired. */
  readonly expiresMs?: number
  readonly timeouts: {
    /** Default 24 h. */
    readonly scheduleToStartMs: number
    /** Default 2 h. */
    readonly startToCloseMs: number
    /** Default 7 d. */
    readonly totalMs: number
  }
  readonly retry: {
    /** After a crash, a timeout or a transient failure [3]. */
    readonly max: number
    /** `true`: a non-zero exit counts too. */
    readonly onExit: boolean
    readonly baseMs: number
    readonly factor: number
    readonly capMs: number
    /** Share of the delay that chance adds or takes, [0, 1]. */
    readonly jitter: number
  }
  readonly onLost: 'retry' | 'ask'
  /** A second live task with this key is not added. */
  readonly unique?: { readonly key: string; readonly onConflict: 'ignore' | 'replace' | 'attach' }
  /** At most `max` of one key at a time in a project. */
  readonly concurrency?: { readonly key: string; readonly max: number }
  readonly metadata: Readonly<Record<string, string>>
  readonly terminal: { readonly cols: number; readonly rows: number }
  /** Bytes of output kept of each attempt. Default 64 MiB. */
  readonly outputBytesMax: number
}
