import type { Task, TaskId } from '../../../actors/task/task.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import type { Caller, Feed, Outlet, Ports } from './method.ts'
import { given, type WatchMessage } from './requests.ts'

/** Changed tasks that wait for a slow reader; beyond it the reader has to start again. */
const WAITING_MAX = 10_000

/** Ids one watch may name. */
const IDS_MAX = 1_000

/**
 * Every change of the tasks that match. While the reader is slow only the newest state of each task
 * waits for it, so what waits is bounded by the tasks, not by the changes.
 */
export function watchTasks(
  request: WatchMessage,
  _caller: Caller,
  { fleet }: Ports,
  outlet: Outlet,
): Feed {
  const { ids = [] } = request
  if (ids.length > IDS_MAX) {
    throw new RuntimeError(
      'INVALID_ARGUMENT',
      `Cannot watch ${ids.length} tasks: one watch names ${IDS_MAX} at most`,
      { details: { field: 'ids', limit: IDS_MAX } },
    )
  }
  const waiting = new Map<TaskId, Task>()
  let room = true

  const pour = (): void => {
    for (const [id, task] of waiting) {
      if (!room) return
      waiting.delete(id)
      room = outlet.write(task)
    }
  }

  const filter = { ...given({ project: request.project }), ...(ids.length > 0 && { ids }) }
  const subscription = fleet.watch(filter, (task) => {
    waiting.delete(task.id) // So that the order is that of the newest change.
    waiting.set(task.id, task)
    pour()
    if (waiting.size <= WAITING_MAX) return
    waiting.clear()
    outlet.end(tooSlow())
  })

  return {
    drained() {
      room = true
      pour()
    },
    close: () => subscription.close(),
  }
}

function tooSlow(): RuntimeError {
  return new RuntimeError(
    'RESOURCE_EXHAUSTED',
    `Cannot keep up the watch: ${WAITING_MAX} changed tasks wait for its reader`,
    { details: { limit: WAITING_MAX } },
  )
}
