/**
 * What a caller asks for. Every field is parsed and bounded at the edge by `parseSpec` (in this
 * folder); inside, it is only read.
 */
export interface TaskSpec {
  /** The sort of work. */
  readonly kind: 'shell'
  /** For people, one line; default: the command's beginning. At most 200 characters. */
  readonly title: string
  /** The program and its arguments; never a shell string of ours. At most 1,024 arguments of 128 KiB, 256 KiB in all. */
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
  /** Not running by this moment: expired. What runs goes on. */
  readonly expiresMs?: number
  readonly timeouts: {
    /** From when it waits for a slot for the first time. Default 24 h. */
    readonly scheduleToStartMs: number
    /** Of each attempt. Default 2 h. */
    readonly startToCloseMs: number
    /** From its submission to its end; retries are not begun after it. Default 7 d. */
    readonly totalMs: number
  }
  readonly retry: {
    /** After a crash, a lost node, a timeout or a transient failure [3]. */
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
  /** A second task with this key is not added while there is one. */
  readonly unique?: {
    readonly key: string
    /**
     * `ignore`: the one there is stands for the new one. `attach`: the same, and it gets the higher
     * of both priorities. `replace`: the new one takes its place, unless it runs.
     */
    readonly onConflict: 'ignore' | 'replace' | 'attach'
    /** Once completed it still stands for others so long after it was submitted. Default 0. */
    readonly windowMs: number
  }
  /** At most `max` of one key at a time in a project. */
  readonly concurrency?: { readonly key: string; readonly max: number }
  readonly metadata: Readonly<Record<string, string>>
  readonly terminal: { readonly cols: number; readonly rows: number }
  /** Bytes of output kept of each attempt. Default 64 MiB. */
  readonly outputBytesMax: number
}
