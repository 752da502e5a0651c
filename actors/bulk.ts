import type { BulkRequest, ListQuery, TaskPage } from './fleet.ts'
import { askShard, unexpected, type ShardPorts } from './ask-shard.ts'
import type { TaskId, TaskState } from './task/task.ts'

/** What is done again if no states are named: what did not come to a good end, nor was cancelled. */
const RETRIED: readonly TaskState[] = ['failed', 'discarded', 'expired']
/** Ended tasks that are looked at, and done again, at a time. */
const PAGE = 200

export interface BulkPorts extends ShardPorts {
  list(query: ListQuery): Promise<TaskPage>
  /** True if it was not done again before. */
  retry(id: TaskId, by: string): Promise<boolean>
}

/**
 * One action for every task that matches, shard after shard and entry after entry: not atomic, and
 * the same when it is asked for again.
 */
export function bulk(
  ports: BulkPorts,
  shards: readonly number[],
  request: BulkRequest,
  progress: (changed: number) => void,
): Promise<{ readonly changed: number }> {
  const { action } = request
  if (action === 'retry') return retryAll(ports, request, progress)
  return changeAll(ports, shards, { ...request, action }, progress)
}

async function changeAll(
  ports: ShardPorts,
  shards: readonly number[],
  request: BulkRequest & { readonly action: Exclude<BulkRequest['action'], 'retry'> },
  progress: (changed: number) => void,
): Promise<{ readonly changed: number }> {
  let changed = 0
  for (const shard of shards) {
    for (let more = true; more; ) {
      const { reply } = await askShard(ports, shard, { type: 'bulk', ...request })
      if (reply.type !== 'bulk') throw unexpected(reply)
      more = reply.more
      changed += reply.changed
      if (reply.changed > 0) progress(changed)
    }
  }
  return { changed }
}

/** Ended tasks are in history: found by listing, each done again by itself, and only once. */
async function retryAll(
  { list, retry }: BulkPorts,
  { filter, by }: BulkRequest,
  progress: (changed: number) => void,
): Promise<{ readonly changed: number }> {
  const query = { states: RETRIED, ...filter, limit: PAGE }
  let changed = 0
  let cursor: string | undefined
  do {
    const page = await list({ ...query, ...(cursor === undefined ? {} : { cursor }) })
    cursor = page.cursor
    const open = page.tasks.filter(({ retriedAs }) => retriedAs === undefined)
    const fresh = await Promise.all(open.map(({ id }) => retry(id, by)))
    changed += fresh.filter(Boolean).length
    if (open.length > 0) progress(changed)
  } while (cursor !== undefined)
  return { changed }
}
