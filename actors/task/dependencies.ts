import type { Dependency } from './task.ts'

/** Begins the reason of a task that goes on only when a person says how. */
const PERSON = 'waits for a person: '

/** Nothing is left to wait for: each has completed, or a person let the task go on without it. */
export function isFree(dependencies: readonly Dependency[]): boolean {
  return dependencies.every(({ state }) => state === 'completed' || state === 'waived')
}

/** Some dependency has ended otherwise, or is not known: a person must say what to do. */
export function isBlocked(dependencies: readonly Dependency[]): boolean {
  return dependencies.some(isLost)
}

export function isLost({ state }: Dependency): boolean {
  return state === 'failed' || state === 'unknown'
}

/** What a task with these dependencies waits for, in one line. */
export function waitReason(dependencies: readonly Dependency[]): string {
  const lost = dependencies.find(isLost)
  if (lost) return `${PERSON}its dependency ${named(lost)} ${fateOf(lost)}`
  return `waits for ${dependencies
    .filter(({ state }) => state === 'waiting')
    .map(named)
    .join(', ')}`
}

/** A dependency as people read it: with its project, where that is another one. */
export function named({ id, project }: Dependency): string {
  return project === undefined ? id : `${id} of project "${project}"`
}

function fateOf({ state }: Dependency): string {
  return state === 'failed' ? 'did not complete' : 'never was, or was forgotten'
}
