import type { TaskId } from '../../../actors/task/task.ts'
import type { Timer } from '../../../runtime/scheduling/clock.ts'
import type { AdminClient } from '../client.ts'
import type { Reach } from '../command.ts'
import type { TaskMessage } from '../messages.ts'

/** The newest state of one task, as it changes. */
export interface Changes {
  /** The newest state that was not taken yet; waits for one. Throws when the connection is lost. */
  next(): Promise<TaskMessage>
  close(): void
}

/** The task is asked for again so often, in case a change was not told. Unit: ms. */
const ASK_INTERVAL_MS = 5_000

export function watchTask(client: AdminClient, id: TaskId, { clock }: Reach): Changes {
  let newest: TaskMessage | undefined
  let taken = -1
  let failure: unknown
  let wake = (): void => {}
  let closed = false
  let timer: Timer | undefined

  const fail = (reason: unknown): void => {
    failure ??= reason
    wake()
  }
  const hear = (task: TaskMessage): void => {
    if (newest && task.version < newest.version) return
    newest = task
    wake()
  }
  const ask = (): void => {
    client.call('GetTask', { id }).then(hear, fail)
    timer = clock.after(ASK_INTERVAL_MS, ask)
  }
  const listen = async (): Promise<void> => {
    for await (const task of client.stream('WatchTasks', { ids: [id] })) {
      if (closed) return
      hear(task)
    }
  }

  // The watch first: what changes between the two is then told by it.
  listen().then(() => fail(new Error('the watch ended')), fail)
  ask()

  return {
    async next() {
      for (;;) {
        if (failure !== undefined) throw failure
        if (newest && newest.version > taken) {
          taken = newest.version
          return newest
        }
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    close() {
      closed = true
      timer?.cancel()
    },
  }
}
