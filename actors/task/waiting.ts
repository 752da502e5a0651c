import { formatMoment } from './moment.ts'
import type { Dependency, Task } from './task.ts'

/** Dependencies that are named where one line says what is waited for. */
const NAMED_MAX = 3

/** Nothing is left to wait for: each has completed, or a person let the task go on without it. */
export function isFree(dependencies: readonly Dependency[]): boolean {
  return dependencies.every(({ state }) => state === 'completed' || state === 'waived')
}

/** Some dependency has ended otherwise, or is not known: a person must say what to do. */
export function isBlocked(dependencies: readonly Dependency[]): boolean {
  return dependencies.some(isLost)
}

/** It is over, and did not complete. */
export function isMissed({ state }: Dependency): boolean {
  return state !== 'waiting' && state !== 'completed'
}

export function isLost({ state }: Dependency): boolean {
  return state === 'failed' || state === 'unknown'
}

/** Why a task that does not run waits, in one line. */
export function waitReason(
  task: Pick<Task, 'state' | 'spec' | 'dependencies' | 'attempts' | 'wakeMs'>,
): string {
  switch (task.state) {
    case 'suspended':
      return `waits for ${listed(task.dependencies)}`
    case 'scheduled':
      return `waits until ${formatMoment(task.wakeMs ?? 0)}`
    case 'waiting_human':
      return `waits for a person: ${question(task)}`
    default:
      return task.spec.requires.length === 0
        ? 'waiting for a slot'
        : `waiting for a slot on a node with ${task.spec.requires.join(', ')}`
  }
}

function listed(dependencies: readonly Dependency[]): string {
  const waiting = dependencies.filter(({ state }) => state === 'waiting').map(named)
  const more = waiting.length - NAMED_MAX
  const first = waiting.slice(0, NAMED_MAX).join(', ')
  return more > 0 ? `${first} and ${more} more` : first
}

function question({ dependencies, attempts }: Pick<Task, 'dependencies' | 'attempts'>): string {
  const lost = dependencies.find(isLost)
  if (lost) return `its dependency ${named(lost)} ${fateOf(lost)}`
  return `outcome unknown, ${attempts.at(-1)?.outcome?.message ?? 'its attempt was lost'}`
}

/** A dependency as people read it: with its project, where that is another one. */
export function named({ id, project }: Dependency): string {
  return project === undefined ? id : `${id} of project "${project}"`
}

function fateOf({ state }: Dependency): string {
  return state === 'failed' ? 'did not complete' : 'never was, or was forgotten'
}
