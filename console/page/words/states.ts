import { TASK_STATES, type TaskState } from '../../../actors/task/task.ts'

/** How states are told apart at a glance: by color, shape and word, each group having its own. */
export type Group = 'running' | 'waiting' | 'person' | 'completed' | 'failed' | 'cancelled'

export const GROUPS = {
  running: { title: 'Running', states: ['assigned', 'executing'] },
  waiting: { title: 'Waiting', states: ['available', 'scheduled', 'suspended'] },
  person: { title: 'Needs you', states: ['waiting_human'] },
  completed: { title: 'Completed', states: ['completed'] },
  failed: { title: 'Failed', states: ['failed', 'discarded', 'expired'] },
  cancelled: { title: 'Cancelled', states: ['cancelled'] },
} as const satisfies Record<Group, { title: string; states: readonly TaskState[] }>

export type Counts = Readonly<Record<TaskState, number>>

export function groupOf(state: TaskState): Group {
  return GROUP_NAMES.find((group) => statesOf(group).includes(state)) ?? 'waiting'
}

export const GROUP_NAMES = Object.keys(GROUPS) as readonly Group[]

export function statesOf(group: Group): readonly TaskState[] {
  return GROUPS[group].states
}

export function countOfGroup(counts: Counts, group: Group): number {
  return statesOf(group).reduce((sum, state) => sum + counts[state], 0)
}

export function formatState(state: TaskState): string {
  return state === 'waiting_human' ? 'needs you' : state
}

/** States out of a URL; what is none is left out. */
export function parseStates(text: string): readonly TaskState[] {
  const asked = new Set(text.split(','))
  return TASK_STATES.filter((state) => asked.has(state))
}

/** How many have ended otherwise than well. */
export function unwellCount(counts: Counts): number {
  return countOfGroup(counts, 'failed') + countOfGroup(counts, 'cancelled')
}
