import { decodeValue, encodeValue, type Format } from '../storage/format.ts'
import type { Op, Store } from '../storage/store.ts'
import type { Topology } from './topology.ts'

/** The topology as a voter keeps it in its store. */
export const TOPOLOGY = { kind: 'topology', version: 1 } as const satisfies Format

const TOPOLOGY_KEY = 'a/topology'

export function storedTopology(store: Pick<Store, 'get'>): Topology | undefined {
  const value = store.get(TOPOLOGY_KEY)
  return value && (decodeValue(TOPOLOGY, value) as Topology)
}

export function topologyOp(topology: Topology): Op {
  return { type: 'put', key: TOPOLOGY_KEY, value: encodeValue(TOPOLOGY, topology) }
}
