import type { Decision } from '../../runtime/shard/machine.ts'
import type { Notice } from '../task/command.ts'
import { ENDED, type Dependency, type TaskId } from '../task/task.ts'
import type { Desk } from './desk.ts'
import { endings, hearEnd } from './endings.ts'
import { notify, stateAfter } from './notices.ts'

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
  if (!task) return answer(desk, dependent, { id, state: 'unknown' })
  const { project } = task
  if (ENDED.has(task.state))
    return answer(desk, dependent, { id, project, state: stateAfter(task.state) })
  desk.change(id, { type: 'dependentAdded', dependent })
  return answer(desk, dependent, { id, project, state: 'waiting' })
}

function answer(desk: Desk, dependent: TaskId, dependency: Dependency): Decision {
  notify(desk, { type: 'hear', task: dependent, dependency })
  return noted(desk)
}

export function unsubscribe(desk: Desk, command: Of<'subscribe' | 'unsubscribe'>): Decision {
  const { task: id, dependent } = command
  const task = desk.task(id)
  if (task && !ENDED.has(task.state) && task.dependents.includes(dependent))
    desk.change(id, { type: 'dependentRemoved', dependent })
  return noted(desk)
}

/** The first answer. What has ended badly before it was asked about is a person's to judge. */
export function hear(desk: Desk, { task: id, dependency }: Of<'hear'>): Decision {
  if (!waits(desk, id, dependency)) return noted(desk)
  if (dependency.state === 'completed') hearEnd(desk, id, dependency, 'completed')
  else desk.change(id, { type: 'dependencyHeard', dependency })
  return noted(desk)
}

export function settle(desk: Desk, { task: id, dependency, how }: Of<'settle'>): Decision {
  const ended = waits(desk, id, dependency) ? hearEnd(desk, id, dependency, how) : undefined
  if (ended) endings(desk, ended)
  return noted(desk)
}

/** True if the task still waits for this dependency. */
function waits(desk: Desk, id: TaskId, { id: needed }: Dependency): boolean {
  const task = desk.task(id)
  if (!task || ENDED.has(task.state)) return false
  return task.dependencies.some((each) => each.id === needed && each.state === 'waiting')
}

function noted(desk: Desk): Decision {
  return desk.decided({ type: 'done' })
}
