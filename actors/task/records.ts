/** What each durable record holds, for `gaia admin schema` and the documentation. */
export const RECORDS: Readonly<
  Record<string, { readonly summary: string; readonly fields: Readonly<Record<string, string>> }>
> = {
  task: {
    summary:
      'A task: what was asked for, where it is in its life, and its newest attempts. Placed by project.',
    fields: {
      id: 't<shard>-<ULID>',
      project: 'the queue it waits in',
      spec: 'the command and its conditions',
      by: 'who submitted it',
      state:
        'suspended, scheduled, available, assigned, executing, waiting_human, completed, failed, cancelled, expired or discarded',
      reason: 'why it waits or how it ended, one line',
      createdMs: 'wall clock of the leader, ms since 1970',
      updatedMs: 'wall clock of the last event, ms',
      enqueuedMs: 'its place in line: when it first waited for a slot, ms; kept through retries',
      version: 'number of events so far',
      wakeMs: 'for scheduled: not before, wall clock ms',
      dueMs: 'when the state itself is looked at again, wall clock ms',
      totalDueMs: 'when it expires if it has not ended, wall clock ms',
      startDueMs: 'when it expires if it has not started once, wall clock ms',
      stoppedMs: 'since when these two stand still: it is paused, or waits for a person',
      dependencies: 'tasks that must complete first, and how they are',
      dependents: 'tasks that wait for this one, in other projects too',
      paused: 'held back by a person',
      cancelling: 'its running attempt was asked to end',
      attempt: 'number of the current or last attempt, from 1; the fencing token',
      attempts:
        'the newest ten: store, boot, node, moments, outcome; its transcript is what was kept of the output: base64, or hash and bytes of a blob and, where the middle is missing, headBytes',
      retriesUsed: 'retries that counted against the limit',
      outcome: 'class, exit code, signal, bytes of output',
      lateResults: 'results of attempts that were no longer current',
      retryOf: 'the ended task that it does again',
      retriedAs: 'the task that does it again',
    },
  },
  key: {
    summary: 'The answer given under an idempotency key. Placed by project.',
    fields: {
      digest: 'SHA-256 of the request, hex',
      reply: 'the answer',
      atMs: 'when, wall clock ms',
    },
  },
  unique: {
    summary: 'The task that a deduplication key stands for. Placed by project.',
    fields: { task: 'its id' },
  },
  project: {
    summary: 'A project, that is a queue.',
    fields: { paused: 'gives out no tasks', by: 'who paused or resumed it last' },
  },
  outbox: {
    summary: 'Where the mail of the shard to another stands; its id is the target.',
    fields: {
      era: 'raised when the shard was forced to go on without some of its log',
      seq: 'number of the newest letter in that era',
      waiting: 'letters not acknowledged yet',
    },
  },
  letter: {
    summary: 'A letter not acknowledged yet; its id is target/era/number.',
    fields: { body: 'the command that it is to the other shard' },
  },
  inbox: {
    summary: 'The newest letter taken from another shard; its id is the source.',
    fields: { era: 'of the source', seq: 'its number in that era' },
  },
  era: {
    summary: 'How often the shard was forced to go on, from 1; kept once it was.',
    fields: { era: 'count' },
  },
  tally: {
    summary: 'How many tasks of the shard have ended, by state.',
    fields: {
      completed: 'count',
      failed: 'count',
      cancelled: 'count',
      expired: 'count',
      discarded: 'count',
    },
  },
}
