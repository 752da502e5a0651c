import { ENDED } from '../../../actors/task/task.ts'
import type { AdminClient } from '../../../node/gaia/client.ts'
import { connected, type Reach } from '../../../node/gaia/command.ts'
import { enduring } from '../../../node/gaia/follow/follow-task.ts'
import type { TaskSummary } from '../../../actors/fleet.ts'
import type { TaskMessage } from '../../../node/gaia/messages.ts'
import type { Seen } from './history.ts'

const PAGE = 200

/** A client that watches all tasks, and remembers each end that it was told of. */
export class Witness {
  readonly told: Seen[] = []
  readonly #reach: Reach

  constructor(reach: Reach) {
    this.#reach = reach
  }

  /** Until the reach is at its end. */
  async watch(): Promise<void> {
    const notices = { lost: () => {}, found: () => {} }
    await enduring({ context: this.#reach, notices, reached: true }, async (client) => {
      for await (const task of client.stream('WatchTasks', {})) {
        if (isLoad(task.spec) && ENDED.has(task.state)) this.told.push(seenTask(task))
      }
    })
  }

  list(): Promise<readonly Seen[]> {
    return connected(this.#reach, listAll)
  }

  /** How many tasks of the load are not over. */
  live(): Promise<number> {
    const notices = { lost: () => {}, found: () => {} }
    return enduring({ context: this.#reach, notices, reached: true }, async (client) => {
      const { counts } = await client.call('GetStatus', {})
      const live = Object.entries(counts).filter(([state]) => !(ENDED as Set<string>).has(state))
      return live.reduce((sum, [, count]) => sum + Number(count), 0) - 1
    })
  }
}

async function listAll(client: AdminClient): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  let cursor: string | undefined
  do {
    const page = await client.call('ListTasks', {
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    })
    if (page.missing.length > 0) throw new Error(`shards ${page.missing.join(', ')} do not answer`)
    seen.push(...page.tasks.filter(isLoad).map(seenSummary))
    cursor = page.cursor
  } while (cursor !== undefined)
  return seen
}

/** All but the counter have a number for a title. */
function isLoad({ title }: { readonly title?: string | undefined }): boolean {
  return /^\d+$/.test(title ?? '')
}

function seenTask({ id, spec, state, attempt, outcome }: TaskMessage): Seen {
  const code = outcome?.code
  return {
    id,
    task: Number(spec.title),
    state,
    attempt,
    ...(code !== undefined && { exitCode: code }),
  }
}

function seenSummary({ id, title, state, attempt, exitCode }: TaskSummary): Seen {
  return { id, task: Number(title), state, attempt, ...(exitCode !== undefined && { exitCode }) }
}
