import { z } from 'zod'
import { specSchema } from '../../actors/task/parse-spec.ts'
import { TASK_STATES } from '../../actors/task/task.ts'

/** What the API answers with, for its description; `actors/fleet.ts` and `actors/task/task.ts` say what the fields mean. */

const moment = z.number().int().describe('wall clock, ms since 1970')
const count = z.number().int().min(0)
const id = z.string().describe('as t07-01JDXYZ…')
export const state = z.enum(TASK_STATES)
const counts = z.record(state, count)

export const problem = z
  .object({
    error: z.object({
      code: z.string().describe('for programs, as NOT_FOUND'),
      message: z.string().describe('for people, one line'),
      details: z.record(z.string(), z.string()).describe('facts, as the field or limit'),
      retryMs: z.number().optional().describe('when the same request is worth sending again'),
    }),
  })
  .meta({ id: 'Problem' })

export const outcome = z.object({
  class: z.enum([
    'ok',
    'exit',
    'crash',
    'timeout',
    'lost',
    'transient',
    'cancelled',
    'invalid',
    'unknown',
  ]),
  code: z.number().int().optional(),
  signal: z.string().optional(),
  message: z.string().optional(),
  outputBytes: count.optional(),
  transcript: z
    .union([
      z.object({ base64: z.string() }),
      z.object({ hash: z.string(), bytes: count, headBytes: count.optional() }),
    ])
    .optional()
    .describe('of an attempt: what was kept of its output'),
})

export const attempt = z.object({
  attempt: count.min(1),
  store: z.string(),
  boot: count,
  node: z.string(),
  assignedMs: moment,
  startedMs: moment.optional(),
  endedMs: moment.optional(),
  outcome: outcome.optional(),
})

export const taskSummary = z
  .object({
    id,
    project: z.string(),
    kind: z.string(),
    title: z.string(),
    state,
    reason: z.string().describe('why it waits, or how it ended'),
    priority: count.max(10),
    attempt: count.describe('0 before the first'),
    node: z.string().optional(),
    exitCode: z.number().int().optional(),
    labels: z.array(z.string()).optional(),
    createdMs: moment,
    updatedMs: moment,
  })
  .meta({ id: 'TaskSummary' })

export const task = z
  .object({
    id,
    project: z.string(),
    spec: specSchema.describe('values of variables that look like secrets are left out'),
    by: z.string(),
    state,
    reason: z.string(),
    createdMs: moment,
    updatedMs: moment,
    enqueuedMs: moment,
    version: count,
    dueMs: moment.optional(),
    wakeMs: moment.optional(),
    totalDueMs: moment.describe('it expires if it has not ended by then'),
    startDueMs: moment.optional(),
    stoppedMs: moment.optional(),
    dependencies: z.array(
      z.object({ id, state: z.enum(['waiting', 'completed', 'failed', 'unknown']) }),
    ),
    dependents: z.array(id),
    paused: z.boolean(),
    cancelling: z.boolean(),
    attempt: count,
    attempts: z.array(attempt).describe('the newest ten'),
    retriesUsed: count,
    outcome: outcome.optional(),
    retryOf: id.optional(),
    retriedAs: id.optional(),
    lateResults: z.array(z.object({ attempt: count, outcome })).optional(),
  })
  .meta({ id: 'Task' })

export const taskPage = z.object({
  tasks: z.array(taskSummary).describe('newest change first'),
  cursor: z.string().optional().describe('of the next page'),
  counts: counts.describe('of all tasks'),
  missing: z.array(count).describe('shards that did not answer'),
})

export const submitted = z
  .object({
    id: id.describe('the first of ids'),
    ids: z.array(id),
    repeated: z.boolean().describe('the same key was answered before'),
    receipt: z.object({ shard: count, epoch: count, index: count, hash: z.string() }),
    copies: count.describe('disks that it is on'),
  })
  .meta({ id: 'Submitted' })

export const explanation = z.object({
  task,
  why: z.string(),
  considered: z.array(z.object({ node: z.string(), fits: z.boolean(), why: z.string() })),
  ahead: count,
})

export const healthNote = z.object({
  component: z.string(),
  level: z.enum(['ok', 'info', 'warning', 'failing']),
  message: z.string(),
  fix: z.string().optional(),
})

export const status = z
  .object({
    version: z.string(),
    clusterId: z.string(),
    node: z.string(),
    storeId: z.string(),
    boot: count,
    upMs: z.number(),
    nodes: z.array(
      z.object({
        node: z.string(),
        storeId: z.string(),
        status: z.enum(['alive', 'degraded', 'suspect', 'dead', 'draining', 'left']),
        labels: z.array(z.string()),
        slots: count,
        busy: count,
        cpuPercent: z.number(),
        memoryBytes: z.number(),
        memoryTotalBytes: z.number(),
        diskFreeBytes: z.number(),
        loopLagMs: z.number(),
      }),
    ),
    counts,
    shards: z.object({ total: count, active: count, copies: count }),
    health: z.array(healthNote),
    addresses: z.object({ console: z.string(), admin: z.string() }),
  })
  .meta({ id: 'Status' })
