import type { Mutation } from './mutation.ts'

const SUBMIT = 'actors/tasks-machine/submit.ts'

/** Outcomes, keys, reads, order and what is forgotten (decisions 4, 8 and 9). */
export const TASK_MUTATIONS: readonly Mutation[] = [
  {
    name: 'another answer for the same key',
    climate: 'temperate',
    edits: [
      { file: SUBMIT, find: 'if (known) return answered(repeated(known.reply))', replace: '' },
    ],
  },
  {
    name: 'the same answer for another body',
    climate: 'temperate',
    edits: [
      {
        file: SUBMIT,
        find: 'if (known && known.digest !== command.digest) {',
        replace: "if (known && known.digest === '') {",
      },
    ],
  },
  {
    name: 'forget the refusal of a repeated try',
    climate: 'letters',
    edits: [
      {
        file: SUBMIT,
        find: '  const { digest } = command',
        replace: '  if (refusal) return answered(refusal)\n  const { digest } = command',
      },
    ],
  },
  {
    name: 'remember a first refusal only in memory',
    climate: 'temperate',
    edits: [
      {
        file: 'actors/task/kinds.ts',
        find: "    if (event.type === 'forgotten') return undefined\n    const { digest, reply, atMs } = event",
        replace:
          "    if (event.type === 'forgotten' || event.reply.type === 'refused') return undefined\n    const { digest, reply, atMs } = event",
      },
    ],
  },
  {
    name: 'forget a key before its time',
    climate: 'short memory',
    edits: [
      {
        file: 'actors/retention/retention.ts',
        find: 'if (atMs < beforeMs) old.push',
        replace: 'if (atMs < Infinity) old.push',
      },
      {
        file: 'actors/tasks-machine/moments.ts',
        find: 'if (!row || row.atMs >= beforeMs) continue',
        replace: 'if (!row || row.atMs < 0 * beforeMs) continue',
      },
    ],
  },
  {
    name: 'forget a key whose task is still there',
    climate: 'short memory',
    edits: [{ file: 'actors/tasks-machine/moments.ts', find: 'if (!lives) desk', replace: 'desk' }],
  },
  {
    name: 'forget a task that has not ended',
    climate: 'short memory',
    edits: [
      {
        file: 'actors/tasks-machine/moments.ts',
        find: 'if (!task || !ENDED.has(task.state)) continue\n    const { state, project, spec }',
        replace: 'if (!task) continue\n    const { state, project, spec }',
      },
      {
        file: 'actors/retention/retention.ts',
        find: 'this.#forget(shard, ids, (forgotten) => {',
        replace:
          'this.#forget(shard, [...ids, ...[...(this.#options.led().get(shard)?.running() ?? [])].map(({ id }) => id)], (forgotten) => {',
      },
    ],
  },
  {
    name: 'give slots in any order of priority',
    climate: 'temperate',
    edits: [
      {
        file: 'actors/queue/queue.ts',
        find: 'return a.effective === b.effective ? before(a, b) : a.effective > b.effective',
        replace: 'return before(a, b)',
      },
    ],
  },
  {
    name: 'give slots to the last who came',
    climate: 'temperate',
    edits: [
      {
        file: 'actors/queue/line.ts',
        find: 'return a.enqueuedMs < b.enqueuedMs ||',
        replace: 'return a.enqueuedMs > b.enqueuedMs ||',
      },
    ],
  },
  {
    name: 'overfill a lane',
    climate: 'temperate',
    edits: [
      {
        file: 'actors/queue/lane.ts',
        find: 'this.#running < max ? line.head() : undefined',
        replace: 'this.#running <= max ? line.head() : undefined',
      },
    ],
  },
  {
    name: 'give slots in a paused project',
    climate: 'temperate',
    edits: [
      {
        file: 'actors/queue/queue.ts',
        find: 'if (this.#pausedProjects.has(section.project) || !fits(section.fit, offer)) continue',
        replace: 'if (!fits(section.fit, offer)) continue',
      },
    ],
  },
  {
    name: 'run before what it waits for in the batch',
    climate: 'temperate',
    edits: [
      {
        file: 'actors/task/waiting.ts',
        find: "return dependencies.every(({ state }) => state === 'completed' || state === 'waived')",
        replace: "return dependencies.every(({ state }) => state !== 'failed')",
      },
    ],
  },
]
