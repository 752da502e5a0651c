import { HISTORY_LIMITS, QUEUE_LIMITS } from './limits.ts'
import type { Attempt, Outcome, Task } from './task.ts'
import { isMissed } from './waiting.ts'

/**
 * What history keeps of a task: of its attempts the newest, of what it waited for what did not
 * complete. Who waited for it has been told.
 */
export function concise(task: Task): Task {
  const { attempts, dependencies, lateResults = [], ...rest } = task
  const older = attempts.slice(-HISTORY_LIMITS.attempts, -1).map(withoutMessage)
  const late = lateResults.slice(-HISTORY_LIMITS.lateResults)
  return {
    ...rest,
    reason: rest.reason.slice(0, HISTORY_LIMITS.reasonLength),
    attempts: [...older, ...attempts.slice(-1)],
    dependencies: dependencies.filter(isMissed).slice(0, HISTORY_LIMITS.dependencies),
    dependents: [],
    ...(late.length > 0 ? { lateResults: late } : {}),
  }
}

function withoutMessage({ outcome, ...attempt }: Attempt): Attempt {
  if (!outcome) return attempt
  const { message: _, ...facts } = outcome
  return { ...attempt, outcome: facts }
}

/** Messages come from the world, and may be of any length. */
export function clipped(outcome: Outcome): Outcome {
  if (outcome.message === undefined) return outcome
  return { ...outcome, message: outcome.message.slice(0, QUEUE_LIMITS.messageLength) }
}
