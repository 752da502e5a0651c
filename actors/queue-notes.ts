import type { HealthNote } from './fleet.ts'
import { QUEUE_LIMITS } from './task/limits.ts'
import type { TaskState } from './task/task.ts'

/** What health says of the queues: what waits, what a person has to look at, what takes no more. */
export function queueNotes(
  counts: Readonly<Record<TaskState, number>>,
  fullProjects: readonly string[],
): readonly HealthNote[] {
  const component = 'queue'
  const waiting = counts.available + counts.scheduled + counts.suspended
  const notes: HealthNote[] = [{ component, level: 'ok', message: `tasks that wait: ${waiting}` }]
  const { waiting_human: asking, discarded } = counts
  if (asking > 0) {
    const message = `tasks that wait for a person: ${asking}`
    notes.push({
      component,
      level: 'info',
      message,
      fix: 'find them with: gaia tasks --state waiting_human',
    })
  }
  if (discarded > 0) {
    const message = `tasks that have used up their retries: ${discarded}`
    notes.push({
      component,
      level: 'info',
      message,
      fix: 'find them with: gaia tasks --state discarded',
    })
  }
  const limit = QUEUE_LIMITS.waitingPerProject
  const full = fullProjects.map((project): HealthNote => {
    const message = `"${project}" takes no more tasks: ${limit} wait, which is the limit`
    return { component, level: 'warning', message, fix: 'let it work off what it has' }
  })
  return [...notes, ...full]
}
