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
      enqueuedMs: 'its place in line, ms; kept through retries',
      version: 'number of events so far',
      wakeMs: 'for scheduled: not before, wall clock ms',
      dueMs: 'when the state itself is looked at again, wall clock ms',
      dependencies: 'tasks that must complete first, and how they are',
      dependents: 'tasks of the same project that wait for this one',
      paused: 'held back by a person',
      cancelling: 'its running attempt was asked to end',
      attempt: 'number of the current or last attempt, from 1; the fencing token',
      attempts: 'the newest ten: store, boot, node, moments, outcome',
      retriesUsed: 'retries that counted against the limit',
      outcome: 'class, exit code, signal, bytes of output',
      lateResults: 'results of attempts that were no longer current',
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
    summary: 'The live task that a deduplication key stands for. Placed by project.',
    fields: { task: 'its id' },
  },
  project: {
    summary: 'A project, that is a queue.',
    fields: { paused: 'gives out no tasks', by: 'who paused or resumed it last' },
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
