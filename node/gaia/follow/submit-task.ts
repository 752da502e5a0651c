import type { TaskId } from '../../../actors/task/task.ts'
import type { Reach } from '../command.ts'
import { enduring, type Follower } from './follow-task.ts'
import type { SpecMessage } from '../messages.ts'
import { formatReceipt } from '../receipt.ts'

/** What to submit, and where. */
export interface Submission {
  readonly project?: string
  readonly spec: SpecMessage
  /** The same key gives the same task. Default: a new one. */
  readonly key?: string
}

export interface Submitted {
  readonly id: TaskId
  /** As `gaia admin verify` takes it. */
  readonly receipt: string
}

/**
 * Submits one task, and repeats the same request under the same key for as long as its outcome is
 * unknown: the task is there once, however often the node was lost on the way.
 */
export async function submitTask(
  { project, spec, key }: Submission,
  context: Reach,
  notices: Pick<Follower, 'lost' | 'found'>,
): Promise<Submitted> {
  const request = {
    ...(project !== undefined && { project }),
    specs: [spec],
    key: key ?? context.newKey(),
  }
  let tries = 0
  const { ids, receipt } = await enduring({ context, notices, reached: false }, (client) =>
    client.call('SubmitTask', { ...request, try: ++tries }),
  )
  return { id: ids[0] ?? '', receipt: formatReceipt(receipt) }
}
