import { z } from 'zod'
import { count, moment, type StoredRecord } from '../../runtime/storage/record.ts'
import { ENDED, TASK_STATES } from './task.ts'

const text = z.string()
const texts = z.array(text)
const digest = text.describe('SHA-256, hex')

const transcript = z
  .union([
    z.strictObject({ base64: text }),
    z.strictObject({
      hash: digest,
      bytes: count,
      headBytes: count.optional().describe('where the middle is missing: bytes before it'),
    }),
  ])
  .describe('what was kept of the output: the bytes, or the name of a blob and its length')

const outcome = z.strictObject({
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
  code: z.int().optional().describe('of the command, if it had one'),
  signal: text.optional(),
  message: text.optional().describe('for a person, one line'),
  outputBytes: count.optional().describe('all that was written, kept or not'),
  transcript: transcript.optional(),
})

const attempt = z.strictObject({
  attempt: count.describe('from 1'),
  store: text,
  boot: count,
  node: text,
  assignedMs: moment,
  startedMs: moment.optional(),
  endedMs: moment.optional(),
  outcome: outcome.optional(),
})

const spec = z.strictObject({
  kind: z.literal('shell'),
  title: text,
  argv: texts,
  workdir: text.optional(),
  env: z.record(text, text),
  priority: count,
  labels: texts,
  requires: texts,
  after: texts,
  notBeforeMs: moment.optional(),
  expiresMs: moment.optional(),
  timeouts: z.strictObject({ scheduleToStartMs: count, startToCloseMs: count, totalMs: count }),
  retry: z.strictObject({
    max: count,
    onExit: z.boolean(),
    baseMs: count,
    factor: z.number(),
    capMs: count,
    jitter: z.number(),
  }),
  onLost: z.enum(['retry', 'ask']),
  unique: z
    .strictObject({
      key: text,
      onConflict: z.enum(['ignore', 'replace', 'attach']),
      windowMs: count,
    })
    .optional(),
  concurrency: z.strictObject({ key: text, max: count }).optional(),
  metadata: z.record(text, text),
  terminal: z.strictObject({ cols: count, rows: count }),
  outputBytesMax: count,
})

const dependency = z.strictObject({
  id: text,
  project: text.optional(),
  state: z.enum(['waiting', 'completed', 'failed', 'unknown', 'waived']),
})

const task = z.strictObject({
  id: text.describe('t<shard>-<ULID>'),
  project: text.describe('the queue it waits in'),
  spec: spec.describe('the command and its conditions'),
  by: text.describe('who submitted it'),
  state: z.enum(TASK_STATES),
  reason: text.describe('why it waits or how it ended, one line'),
  createdMs: moment,
  updatedMs: moment.describe('of the last event'),
  enqueuedMs: moment.describe('its place in line: when it first waited; kept through retries'),
  version: count.describe('number of events so far'),
  wakeMs: moment.optional().describe('for scheduled: not before'),
  dueMs: moment.optional().describe('when the state itself is looked at again'),
  totalDueMs: moment.describe('when it expires if it has not ended'),
  startDueMs: moment.optional().describe('when it expires if it has not started once'),
  stoppedMs: moment.optional().describe('since when these two stand still'),
  dependencies: z.array(dependency).describe('tasks that must complete first, and how they are'),
  dependents: texts.describe('tasks that wait for this one, in other projects too'),
  paused: z.boolean().describe('held back by a person'),
  cancelling: z.boolean().describe('its running attempt was asked to end'),
  attempt: count.describe('number of the current or last attempt, from 1; the fencing token'),
  attempts: z.array(attempt).describe('the newest ten'),
  retriesUsed: count.describe('retries that counted against the limit'),
  outcome: outcome.optional(),
  lateResults: z
    .array(z.strictObject({ attempt: count, outcome }))
    .optional()
    .describe('results of attempts that were no longer current'),
  retryOf: text.optional().describe('the ended task that it does again'),
  retriedAs: text.optional().describe('the task that does it again'),
})

/** How a task that has ended stands in lists. */
export const SUMMARY_RECORD: StoredRecord = {
  summary: 'How a finished task stands in lists.',
  schema: z.strictObject({
    id: text,
    project: text,
    kind: text,
    title: text,
    state: z.enum(TASK_STATES),
    reason: text,
    priority: count,
    attempt: count,
    node: text.optional(),
    exitCode: z.int().optional(),
    labels: texts.optional(),
    retriedAs: text.optional(),
    createdMs: moment,
    updatedMs: moment,
  }),
}

/** What each durable record holds. */
export const RECORDS: Readonly<Record<string, StoredRecord>> = {
  task: {
    summary:
      'A task: what was asked for, where it is in its life, and its newest attempts. Placed by project.',
    schema: task,
  },
  key: {
    summary: 'The answer given under an idempotency key. Placed by project.',
    schema: z.strictObject({
      digest: digest.describe('of the request, SHA-256, hex'),
      reply: z.looseObject({ type: text }).describe('the answer'),
      atMs: moment,
    }),
  },
  unique: {
    summary: 'The task that a deduplication key stands for. Placed by project.',
    schema: z.strictObject({ task: text.describe('its id') }),
  },
  project: {
    summary: 'A project, that is a queue.',
    schema: z.strictObject({
      paused: z.boolean().describe('gives out no tasks'),
      by: text.describe('who paused or resumed it last'),
    }),
  },
  outbox: {
    summary: 'Where the mail of the shard to another stands; its id is the target.',
    schema: z.strictObject({
      era: count.describe('raised when the shard was forced to go on without some of its log'),
      seq: count.describe('number of the newest letter in that era'),
      waiting: count.describe('letters not acknowledged yet'),
    }),
  },
  letter: {
    summary: 'A letter not acknowledged yet; its id is target/era/number.',
    schema: z.strictObject({
      body: z.looseObject({ type: text }).describe('the command that it is to the other shard'),
    }),
  },
  inbox: {
    summary: 'The newest letter taken from another shard; its id is the source.',
    schema: z.strictObject({
      era: count.describe('of the source'),
      seq: count.describe('its number in that era'),
    }),
  },
  era: {
    summary: 'How often the shard was forced to go on, from 1; kept once it was.',
    schema: z.strictObject({ era: count }),
  },
  tally: {
    summary: 'How many tasks of the shard have ended, by state.',
    schema: z.partialRecord(z.enum([...ENDED]), count),
  },
}
