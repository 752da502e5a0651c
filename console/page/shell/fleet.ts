import { computed, type ReadonlySignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { FleetStatus } from '../../../actors/fleet.ts'
import { fleetIn } from '../live/rows.ts'
import { useWindow } from './console.ts'

/** The state of the fleet, once the node has told it. */
export function useFleet(): ReadonlySignal<FleetStatus | undefined> {
  const held = useWindow('fleet')
  return useMemo(() => computed(() => fleetIn(held.value?.window)), [held])
}
