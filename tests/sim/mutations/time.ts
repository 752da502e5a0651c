import type { Mutation } from './mutation.ts'

const TIMERS = 'actors/tasks-machine/timers.ts'

/** The clock, and what it fires (decision 10). */
export const TIME_MUTATIONS: readonly Mutation[] = [
  {
    name: 'believe any clock',
    climate: 'set clocks',
    edits: [
      {
        file: 'runtime/scheduling/clock-guard.ts',
        find: 'return Math.abs(now - before) > APART_MS',
        replace: 'return now - before > Infinity',
      },
    ],
  },
  {
    name: 'stamp by a clock that nobody tested',
    climate: 'set clocks',
    edits: [
      {
        file: 'runtime/shard/ledger.ts',
        find: '    const wallMs = this.wallMs()\n',
        replace: '    const wallMs: number | undefined = this.#options.clock.wallMs()\n',
      },
    ],
  },
  {
    name: 'look at the clock now and then only',
    climate: 'set clocks',
    edits: [
      {
        file: 'runtime/scheduling/clock-guard.ts',
        find: 'if (far(this.#trust.apartMs, wallMs - clock.monotonicMs())) this.#look()',
        replace: '',
      },
    ],
  },
  {
    name: 'believe a clock as soon as it was set',
    climate: 'set clocks',
    edits: [
      {
        file: 'runtime/scheduling/clock-guard.ts',
        find: 'export const STEADY_MS = 2_000',
        replace: 'export const STEADY_MS = 2_000\nconst NEVER_MS = 0',
      },
      {
        file: 'runtime/scheduling/clock-guard.ts',
        find: 'monotonicMs - steadySinceMs < STEADY_MS',
        replace: 'monotonicMs - steadySinceMs < NEVER_MS',
      },
    ],
  },
  {
    name: 'never fire a timer',
    climate: 'temperate',
    edits: [
      {
        file: TIMERS,
        find: "if (this.#options.shard.propose({ type: 'due', task: id, version })) continue",
        replace: 'continue',
      },
    ],
  },
  {
    name: 'arm timers only for what changes',
    climate: 'short lives',
    edits: [
      {
        file: 'actors/tasks-machine/tasks-machine.ts',
        find: 'for (const task of this.#tasks()) this.#index(undefined, task)\n    this.#timers.arm()',
        replace: 'for (const task of this.#tasks()) this.#queue.changed(undefined, task)',
      },
    ],
  },
  {
    name: 'fire a timer of a row that has changed',
    climate: 'temperate',
    edits: [
      {
        file: TIMERS,
        find: 'if (this.#options.task(id)?.version !== version) continue',
        replace: '',
      },
      {
        file: 'actors/tasks-machine/moments.ts',
        find: "if (!task || task.version !== version || dueMs > desk.wallMs) return answered({ type: 'stale' })",
        replace: "if (!task || task.state === 'completed') return answered({ type: 'stale' })",
      },
    ],
  },
  {
    name: 'fire what is overdue in any order',
    climate: 'set clocks',
    edits: [
      {
        file: TIMERS,
        find: 'new Heap<Due>((a, b) => a.dueMs < b.dueMs ||',
        replace: 'new Heap<Due>((a, b) => a.dueMs > b.dueMs ||',
      },
    ],
  },
  {
    name: 'leave time limits to the holder',
    climate: 'long limits',
    edits: [
      {
        file: TIMERS,
        find: '      this.#options.overran(task)\n',
        replace: '',
      },
      {
        file: TIMERS,
        find: 'return this.#overrun.get(id) === attempt',
        replace: 'return this.#overrun.get(id) === -attempt',
      },
    ],
  },
  {
    name: 'count a time limit anew with each epoch',
    climate: 'long limits',
    edits: [
      {
        file: TIMERS,
        find: 'const ranMs = (shard.wallMs() ?? startedMs) - startedMs',
        replace: 'const ranMs = 0 * startedMs',
      },
    ],
  },
]
