import { parseSpec } from '../../actors/task/parse-spec.ts'
import { shardOfProject, taskIdOf } from '../../actors/task/task-id.ts'
import type { Task } from '../../actors/task/task.ts'

/** The number of a task as an id of a project's shard. */
export function idOf(number: number, project = 'p'): string {
  return taskIdOf(shardOfProject(project), String(number).padStart(26, '0'))
}

/** A task that waits for a slot; `spec` as a caller writes it. */
export function taskOf({ spec, ...fields }: Partial<Omit<Task, 'spec'>> & { spec?: object }): Task {
  const project = fields.project ?? 'p'
  return {
    id: idOf(1, project),
    project,
    spec: parseSpec({ argv: ['ok'], ...spec }),
    by: 'ann',
    state: 'available',
    reason: 'waiting for a slot',
    createdMs: 0,
    updatedMs: 0,
    enqueuedMs: 0,
    version: 1,
    totalDueMs: 7 * 86_400_000,
    dependencies: [],
    dependents: [],
    paused: false,
    cancelling: false,
    attempt: 0,
    attempts: [],
    retriesUsed: 0,
    ...fields,
  }
}
