import type { TaskSpec } from './spec.ts'
import type { Task } from './task.ts'

/** What is shown in the place of a secret. */
export const HIDDEN = '(hidden)'

/** Names of variables whose values are kept from people who only look. */
const SECRET = /SECRET|TOKEN|PASSW|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|COOKIE|SESSION/i

/** The task without the values of variables that look like secrets: it is run with them. */
export function shownTask(task: Task): Task {
  const { env, metadata } = task.spec
  if (!hasSecret(env) && !hasSecret(metadata)) return task
  return { ...task, spec: { ...task.spec, env: shown(env), metadata: shown(metadata) } }
}

type Texts = TaskSpec['env']

function hasSecret(texts: Texts): boolean {
  for (const name in texts) if (SECRET.test(name)) return true
  return false
}

function shown(texts: Texts): Texts {
  const entries = Object.entries(texts)
  return Object.fromEntries(
    entries.map(([name, text]) => [name, SECRET.test(name) ? HIDDEN : text]),
  )
}
