import { actOnTask, bulkAction, pauseProject, prioritizeTask } from './actions.ts'
import { metrics } from './metrics.ts'
import { describeApi } from '../openapi.ts'
import { followOutput } from './output.ts'
import type { Route } from '../route.ts'
import { reportBreach, signIn, signOut } from './signing.ts'
import { fleetStatus, health, probes } from './state.ts'
import { submitTasks } from './submit.ts'
import { explainTask, listTasks, showTask } from './tasks.ts'

/** Everything that can be asked over HTTP, in the order in which it is described. */
export const ROUTES: readonly Route[] = [
  listTasks,
  submitTasks,
  bulkAction,
  showTask,
  explainTask,
  followOutput,
  ...actOnTask,
  prioritizeTask,
  ...pauseProject,
  fleetStatus,
  health,
  ...probes,
  metrics,
  signIn,
  signOut,
  reportBreach,
  describeApi(() => ROUTES),
]
