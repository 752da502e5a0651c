import type { Explanation, FleetStatus, TaskSummary } from '../actors/fleet.ts'
import type { Attempt, Dependency, TaskState } from '../actors/task/task.ts'

/**
 * The live protocol `architect.console.v1` between a page and the node that serves it: JSON in text
 * frames both ways, and terminal bytes in binary frames from the node. Both sides import this file;
 * the node parses what arrives with a schema of the same shape.
 *
 * Every message of the node is idempotent: rows are whole, counters absolute. A delta applies only
 * when its `f` is the `s` that the page holds; otherwise the page subscribes anew.
 */
export const SUBPROTOCOL = 'architect.console.v1'

/** Where the live socket is. */
export const LIVE_PATH = '/ws'

/**
 * `fleet`: the state of the fleet, one row; sent at least every 2 s while the page is visible, so
 * that silence tells the page that what it shows is old. `tasks:NAME`: a window of the list; the
 * page names it, so that several are open at once. `task:ID`: one task with its attempts, one row.
 * `term:ID/ATTEMPT`: the bytes of an attempt.
 */
export type Channel = 'fleet' | `tasks:${string}` | `task:${string}` | `term:${string}`

export type FromPage =
  /** First, within 5 s. `key`: from the sign-in. */
  | { readonly t: 'hello'; readonly v: 1; readonly key: string; readonly visible: boolean }
  | { readonly t: 'visible'; readonly visible: boolean }
  /** Subscribing again to a channel replaces its view. */
  | { readonly t: 'sub'; readonly ch: Channel; readonly view?: TasksView; readonly from?: number }
  | { readonly t: 'unsub'; readonly ch: Channel }
  /** Terminal bytes that the page has parsed: the absolute offset reached. */
  | { readonly t: 'ack'; readonly ch: Channel; readonly offset: number }
  /** `idem`: idempotency key; `try`: from 1, one more each time the same command is sent again. */
  | {
      readonly t: 'cmd'
      readonly id: string
      readonly idem: string
      readonly try: number
      readonly cmd: Command
    }

/** The window of the task list that the page shows. */
export interface TasksView {
  readonly project?: string
  readonly states?: readonly TaskState[]
  readonly label?: string
  /** 1 to 200. */
  readonly limit: number
  /** The page's cursor: from `snap.cursor`. */
  readonly cursor?: string
}

export type Command =
  | { readonly op: 'submit'; readonly spec: unknown; readonly project?: string }
  | {
      readonly op: 'cancel' | 'pause' | 'resume' | 'retry' | 'prioritize'
      readonly task: string
      readonly priority?: number
    }

export type FromNode =
  | {
      readonly t: 'welcome'
      readonly node: string
      readonly boot: number
      readonly nowMs: number
      readonly heartbeatMs: number
      readonly user: { readonly name: string; readonly role: 'viewer' | 'operator' | 'admin' }
      readonly version: string
      readonly served: 'uws' | 'node'
    }
  /** The whole of a channel's window, in `parts` frames of at most 64 KiB. */
  | {
      readonly t: 'snap'
      readonly ch: Channel
      /** Of the serving node: `node:boot`. */
      readonly ep: string
      readonly s: number
      readonly part: number
      readonly parts: number
      readonly rows: readonly Row[]
      /** How many match in all; not told where the view names a project or a label. */
      readonly total?: number
      readonly counts?: Readonly<Record<TaskState, number>>
      readonly cursor?: string
      /** Wall clock of the node when it read this. */
      readonly asofMs: number
    }
  | {
      readonly t: 'd'
      readonly ch: Channel
      readonly ep: string
      readonly f: number
      readonly s: number
      readonly up: readonly Row[]
      readonly rm: readonly string[]
      readonly total?: number
      readonly counts?: Readonly<Record<TaskState, number>>
      readonly asofMs: number
    }
  /** Nothing was missed up to `s`; every 15 s. */
  | {
      readonly t: 'bm'
      readonly ch: Channel
      readonly ep: string
      readonly s: number
      readonly asofMs: number
    }
  | { readonly t: 'reset'; readonly ch: Channel; readonly why: 'gap' | 'gone' }
  /** `ok`: of a `submit` a `Submitted`, else the `TaskSummary` (of a `retry`: that of the new task). */
  | { readonly t: 'res'; readonly id: string; readonly ok?: unknown; readonly err?: Problem }
  /**
   * First `handle`, which its binary frames carry, and the `offset` they start at. Then, once, with
   * `ended`: the attempt is over and every byte before `offset` was sent; or no more can be, for the
   * `failure`, in one line.
   */
  | {
      readonly t: 'term'
      readonly ch: Channel
      readonly handle: number
      readonly ended?: boolean
      readonly failure?: string
      readonly offset: number
    }
  | { readonly t: 'bye'; readonly why: 'drain' | 'auth' | 'slow'; readonly retryMs: number }

/** A row of any channel; `id` is its key in the window. */
export type Row = (FleetStatus & { readonly id: 'fleet' }) | TaskSummary | TaskDetail

/** What the task page shows. */
export interface TaskDetail extends TaskSummary {
  /** The spec as it was given, secrets removed. */
  readonly spec: Readonly<Record<string, unknown>>
  /** Too long for a frame: `spec` lacks what is longest in it; `GET /api/tasks/ID` has it whole. */
  readonly specCut?: boolean
  readonly by: string
  readonly attempts: readonly Attempt[]
  /** Why it waits, or what became of it, in one line. */
  readonly why: string
  readonly dependencies: readonly Dependency[]
  readonly dependents: readonly string[]
  readonly paused: boolean
  readonly cancelling: boolean
  /** While it waits for a moment: which, wall clock. */
  readonly wakeMs?: number
  /** While it waits for a slot: each node, and what speaks for or against it. */
  readonly considered: Explanation['considered']
}

/** An error as every door tells it. */
export interface Problem {
  readonly code: string
  readonly message: string
  /** Facts for programs, as the field that is wrong or the limit that was passed. */
  readonly details?: Readonly<Record<string, string>>
  readonly retryMs?: number
}

/** Binary frame: `u8 type (1) · u32 handle · u64 offset of the first byte · bytes`, big-endian. */
export const TERM_HEADER_BYTES = 13

/** Why a socket was closed. */
export const CLOSE = {
  /** The page said what is no message of this protocol. */
  malformed: 4400,
  unauthenticated: 4401,
  slow: 4408,
  tooBig: 4413,
  rate: 4429,
  draining: 4503,
} as const

/**
 * `POST /api/signin {code}` answers this, `POST /api/signout` ends the key. The page keeps `key` in
 * `sessionStorage` and sends it as `Authorization: Bearer` and in `hello`. A key outlives a restart of
 * the node (signed, or kept as a hash in the store): a page that is open then comes back by itself.
 */
export interface SignedIn {
  readonly key: string
  readonly name: string
  readonly role: 'viewer' | 'operator' | 'admin'
  readonly expiresMs: number
}

/**
 * What stands in `console/page/built/index.html` for the nonce of each response. The file answers
 * every path that is no file and no other route (the page has its own, such as `/tasks/t07-…`);
 * beside it are `assets/`, named by content hash, each with its `.br` and `.gz`.
 */
export const PAGE_NONCE = '__NONCE__'
