import type { Unnumbered } from '../../runtime/shard/mail/letter.ts'
import type { Decision } from '../../runtime/shard/machine.ts'
import type { Notice } from '../task/command.ts'
import type { FleetEvent } from '../task/kinds.ts'
import { ENDED, type Dependency, type Task, type TaskId } from '../task/task.ts'
import { decided, type Desk } from './desk.ts'
import { endings, noticeTo, stateAfter, told } from './endings.ts'

/*
 * A task may wait for one of another shard: its shard subscribes to that one's, by letter. The first
 * answer is how the dependency is now; if it has not ended, one more letter tells how it did. A
 * dependency that is already over, or not known, leaves its dependent to a person, as it would in the
 * same shard. Letters come in order, so the answer is never behind the end.
 */

type Of<T extends Notice['type']> = Extract<Notice, { readonly type: T }>

export function subscribe(desk: Desk, command: Of<'subscribe' | 'unsubscribe'>): Decision {
  const { task: id, dependent } = command
  const task = desk.task(id)
  if (!task) return noted([answer(desk, dependent, { id, state: 'unknown' })])
  const { project } = task
  const over = ENDED.has(task.state)
  const state = over ? stateAfter(task.state) : 'waiting'
  const first = answer(desk, dependent, { id, project, state })
  if (over) return noted([first])
  return noted([{ kind: 'task', id, type: 'dependentAdded', atMs: desk.wallMs, dependent }, first])
}

function answer(desk: Desk, dependent: TaskId, dependency: Dependency): Unnumbered {
  return noticeTo(desk, { type: 'hear', task: dependent, dependency })
}

export function unsubscribe(desk: Desk, command: Of<'subscribe' | 'unsubscribe'>): Decision {
  const { task: id, dependent } = command
  const task = desk.task(id)
  if (!task || ENDED.has(task.state) || !task.dependents.includes(dependent)) return noted([])
  return noted([{ kind: 'task', id, type: 'dependentRemoved', atMs: desk.wallMs, dependent }])
}

/** The first answer. What has ended badly before it was asked about is a person's to judge. */
export function hear(desk: Desk, { task: id, dependency }: Of<'hear'>): Decision {
  const task = waiter(desk, id, dependency)
  if (!task) return noted([])
  if (dependency.state === 'completed')
    return noted(told(desk, task, dependency, 'completed').events)
  return noted([{ kind: 'task', id, type: 'dependencyHeard', atMs: desk.wallMs, dependency }])
}

export function settle(desk: Desk, { task: id, dependency, how }: Of<'settle'>): Decision {
  const task = waiter(desk, id, dependency)
  if (!task) return noted([])
  const { events, task: after, cancelled } = told(desk, task, dependency, how)
  return noted(cancelled ? [...events, ...endings(desk, after, 'cancelled')] : events)
}

/** The task, if it still waits for this dependency. */
function waiter(desk: Desk, id: TaskId, { id: needed }: Dependency): Task | undefined {
  const task = desk.task(id)
  const waits = task?.dependencies.some((each) => each.id === needed && each.state === 'waiting')
  return task && waits && !ENDED.has(task.state) ? task : undefined
}

function noted(events: readonly FleetEvent[]): Decision {
  return decided(events, { type: 'done' })
}
