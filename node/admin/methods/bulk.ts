import type { Caller, Feed, Outlet, Ports } from './method.ts'
import { progressOf } from './progress.ts'
import { choice, given, states, type BulkMessage } from './requests.ts'

const BULK_ACTIONS = ['cancel', 'pause', 'resume', 'retry'] as const

interface BulkStep {
  readonly changed: number
  readonly done: boolean
}

/** One action for every task that matches, with how many were changed so far. */
export function bulk(
  request: BulkMessage,
  { principal }: Caller,
  { fleet }: Ports,
  outlet: Outlet,
): Feed {
  const filter = {
    ...given({ project: request.project, label: request.label }),
    ...states(request.states),
  }
  const action = choice('action', request.action, BULK_ACTIONS)
  return progressOf<BulkStep>(outlet, async (step) => {
    const { changed } = await fleet.bulk({ action, filter, by: principal.name }, (soFar) =>
      step({ changed: soFar, done: false }),
    )
    return { changed, done: true }
  })
}
