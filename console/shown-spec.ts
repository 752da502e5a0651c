import type { TaskSpec } from '../actors/task/spec.ts'
import type { Task } from '../actors/task/task.ts'

/** What is shown in the place of a secret. */
export const HIDDEN = '(hidden)'

/** Names of variables whose values are kept from people who only look. */
const SECRET = /SECRET|TOKEN|PASSW|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|COOKIE|SESSION/i

/** The spec without the values of variables that look like secrets. The task itself runs with them. */
export function shownSpec(spec: TaskSpec): TaskSpec {
  return { ...spec, env: shown(spec.env), metadata: shown(spec.metadata) }
}

export function shownTask(task: Task): Task {
  return { ...task, spec: shownSpec(task.spec) }
}

function shown(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(values)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, SECRET.test(name) ? HIDDEN : value]),
  )
}
