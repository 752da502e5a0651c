import type { FleetStatus, TaskSummary } from '../../actors/fleet.ts'
import { parseSpec } from '../../actors/task/parse-spec.ts'
import { TASK_STATES, type Task, type TaskState } from '../../actors/task/task.ts'

/** What the description of the API shows as examples. */

const ID = 't07-01JDXYZ0000000000000000000'
const AT_MS = 1_767_225_600_000

export const SPEC = { argv: ['sh', '-c', 'echo hi'], priority: 8, labels: ['nightly'] }

export const RECEIPT = { shard: 7, epoch: 3, index: 4_711, hash: '9f86d081884c7d65' }

export const SUMMARY: TaskSummary = {
  id: ID,
  project: 'default',
  kind: 'shell',
  title: 'sh -c echo hi',
  state: 'available',
  reason: 'waits for a slot',
  priority: 8,
  attempt: 0,
  labels: ['nightly'],
  createdMs: AT_MS,
  updatedMs: AT_MS,
}

export const TASK: Task = {
  id: ID,
  project: 'default',
  spec: parseSpec(SPEC),
  by: 'token:ci',
  state: 'available',
  reason: 'waits for a slot',
  createdMs: AT_MS,
  updatedMs: AT_MS,
  enqueuedMs: AT_MS,
  totalDueMs: AT_MS + 604_800_000,
  version: 1,
  dependencies: [],
  dependents: [],
  paused: false,
  cancelling: false,
  attempt: 0,
  attempts: [],
  retriesUsed: 0,
}

export const COUNTS = {
  ...(Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Record<TaskState, number>),
  available: 1,
}

export const STATUS: FleetStatus = {
  version: '0.1.0',
  clusterId: '01JDXYZ0000000000000000001',
  node: 'one',
  storeId: '01JDXYZ0000000000000000002',
  boot: 3,
  upMs: 61_000,
  nodes: [
    {
      node: 'one',
      storeId: '01JDXYZ0000000000000000002',
      status: 'alive',
      labels: ['gpu'],
      slots: 4,
      busy: 1,
      cpuPercent: 12.5,
      memoryBytes: 1_000_000_000,
      memoryTotalBytes: 8_000_000_000,
      diskFreeBytes: 50_000_000_000,
      loopLagMs: 1.5,
    },
  ],
  counts: COUNTS,
  shards: { total: 64, active: 64, copies: 1 },
  health: [{ component: 'console', level: 'ok', message: 'served by uWebSockets.js' }],
  addresses: { console: '127.0.0.1:8080', admin: '127.0.0.1:8081' },
}
