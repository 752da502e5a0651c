import { ENDED, type TaskId } from '../../../actors/task/task.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import type { AdminClient } from '../client.ts'
import type { Reach } from '../command.ts'
import { Unreachable } from '../exit.ts'
import type { TaskMessage } from '../messages.ts'
import { watchTask } from './watch-task.ts'

/**
 * Follows a task to its end: each attempt's output, byte by byte, through lost connections and
 * restarts of the node. Nothing is shown twice and nothing is left out: after a loss it goes on at
 * the offset it had reached. The next attempt's output starts where the last one's ends.
 */
export interface Follower {
  /** Resolves once there is room for more. `offset` is that of the first byte in its attempt. */
  output(
    chunk: Uint8Array,
    at: { readonly attempt: number; readonly offset: number },
  ): Promise<void>
  /** Bytes in the middle were not kept. */
  gap(missingBytes: number): void
  /** Another state, or another reason. */
  changed(task: TaskMessage): void
  /** The node was lost, and is being looked for. */
  lost(failure: Error): void
  found(): void
}

/** Waits between attempts to find the node again. Unit: ms. */
const RECONNECT_MIN_MS = 100
const RECONNECT_MAX_MS = 2_000

export async function followTask(
  id: TaskId,
  context: Reach,
  follower: Follower,
): Promise<TaskMessage> {
  const place: Place = { attempt: 0, offset: 0, over: true, told: '' }
  return await enduring({ context, notices: follower, reached: true }, (client, going) =>
    followOn(id, { client, going, context, follower, place }),
  )
}

export interface Enduring {
  readonly context: Reach
  readonly notices: Pick<Follower, 'lost' | 'found'>
  /** A node was there before. Otherwise one that refuses the first connection ends it. */
  readonly reached: boolean
}

/**
 * Repeats `work` with a new connection for as long as nodes are lost. After a node that answered that
 * it cannot, only `going`, which `work` calls as it gets on, and its end say that this is over.
 */
export async function enduring<Result>(
  { context, notices, reached }: Enduring,
  work: (client: AdminClient, going: () => void) => Promise<Result>,
): Promise<Result> {
  let delayMs = 0
  let answered = false
  const going = (): void => {
    if (delayMs > 0) notices.found()
    delayMs = 0
  }
  for (;;) {
    const client = await context.connect().catch(lostOnly)
    try {
      if (client instanceof Error) throw client
      if (delayMs > 0 && !answered) {
        await client.call('GetStatus', {})
        going()
      }
      const result = await work(client, going)
      going()
      return result
    } catch (failure) {
      const lost = lostOnly(failure)
      answered = lost instanceof RuntimeError
      if (!reached && delayMs === 0 && lost instanceof Unreachable && lost.refused) throw lost
      if (delayMs === 0) notices.lost(lost)
      delayMs = Math.min(RECONNECT_MAX_MS, Math.max(RECONNECT_MIN_MS, delayMs * 2))
      await context.pause(delayMs)
    } finally {
      if (!(client instanceof Error)) client.close()
    }
  }
}

/** How far the output has been shown. */
interface Place {
  attempt: number
  offset: number
  /** The attempt's output was shown to its end. */
  over: boolean
  /** State and reason told last. */
  told: string
}

interface Following {
  readonly client: AdminClient
  readonly going: () => void
  readonly context: Reach
  readonly follower: Follower
  readonly place: Place
}

async function followOn(id: TaskId, following: Following): Promise<TaskMessage> {
  const { client, context, follower, place } = following
  const changes = watchTask(client, id, context)
  try {
    for (;;) {
      const task = await changes.next()
      const told = `${task.state} ${task.reason}`
      if (told !== place.told) follower.changed(task)
      place.told = told
      const attempt = startedAttempt(task)
      if (attempt > place.attempt) begin(place, attempt)
      if (!place.over) await showAttempt(id, following)
      following.going()
      if (ENDED.has(task.state)) return task
    }
  } finally {
    changes.close()
  }
}

function begin(place: Place, attempt: number): void {
  place.attempt = attempt
  place.offset = 0
  place.over = false
}

/** The newest attempt that runs or ran; 0 when none did. */
function startedAttempt({ attempts }: TaskMessage): number {
  const started = attempts.filter(({ startedMs }) => startedMs !== undefined)
  return Math.max(0, ...started.map(({ attempt }) => attempt))
}

async function showAttempt(
  id: TaskId,
  { client, going, follower, place }: Following,
): Promise<void> {
  const { attempt } = place
  const request = { id, attempt, fromOffset: place.offset, follow: true }
  try {
    for await (const { bytes } of client.stream('FollowOutput', request)) {
      going()
      if (!bytes) continue
      if (bytes.offset > place.offset) follower.gap(bytes.offset - place.offset)
      await follower.output(bytes.chunk, { attempt, offset: bytes.offset })
      place.offset = bytes.offset + bytes.chunk.length
    }
  } catch (failure) {
    const gone = failure instanceof RuntimeError && failure.code === 'NOT_FOUND'
    if (!gone) throw failure // Without output there is nothing to show; the task's end still counts.
  }
  place.over = true
}

/** A node that is stopping or not yet serving is as good as lost: its outcome is unknown. */
function lostOnly(failure: unknown): Error {
  const away = failure instanceof RuntimeError && AWAY.has(failure.code)
  if (failure instanceof Unreachable || away) return failure
  throw failure
}

const AWAY: ReadonlySet<string> = new Set(['UNAVAILABLE', 'NOT_LEADER', 'DEADLINE_EXCEEDED'])
