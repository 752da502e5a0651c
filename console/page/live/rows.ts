import type { FleetStatus, TaskSummary } from '../../../actors/fleet.ts'
import type { TaskDetail } from '../../protocol.ts'
import type { Window } from './window.ts'

/** What the rows of a window are, by the channel that it is of. */
export function fleetIn(window: Window | undefined): FleetStatus | undefined {
  const row = window?.rows[0]
  return row && 'nodes' in row ? row : undefined
}

export function detailIn(window: Window | undefined): TaskDetail | undefined {
  const row = window?.rows[0]
  return row && 'attempts' in row ? row : undefined
}

export function tasksIn({ rows }: Window): readonly TaskSummary[] {
  return rows.filter((row) => 'updatedMs' in row)
}
