/**
 * Ways to break the product, one line each. The simulation must find every one of them: a rule
 * whose absence it does not notice is a rule that nobody checks. Made while the module is loaded,
 * by `mutation-loader.mjs`; the product itself has no switch.
 */
export interface Mutation {
  readonly name: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'acknowledge before fsync',
    file: 'runtime/storage/safe-store.ts',
    find: 'this.#options.engine.write(this.#frame(group, sequence), (error) => {',
    replace:
      'const frame = this.#frame(group, sequence)\n    for (const { done } of (group as Asked[]).splice(0)) this.#options.clock.defer(() => done?.())\n    this.#options.engine.write(frame, (error) => {',
  },
  {
    name: 'forget the high-water mark',
    file: 'runtime/storage/safe-store.ts',
    find: 'if (water && this.#sequence < water.sequence) {',
    replace: 'if (water && this.#sequence < 0) {',
  },
  {
    name: 'reuse an epoch after a restart',
    file: 'runtime/placement/arrival.ts',
    find: 'epoch: row.epoch + 1, status',
    replace: 'epoch: row.epoch, status',
  },
  {
    name: 'a fold reads the clock',
    file: 'actors/task/fold.ts',
    find: 'version: task.version + 1, updatedMs: event.atMs',
    replace: 'version: task.version + 1, updatedMs: event.atMs + (performance.now() % 1)',
  },
  {
    name: 'reply before commit',
    file: 'runtime/shard/ledger.ts',
    find: 'if (waiting.at.index > this.#committed.index) this.#waiting.push(waiting)',
    replace: 'if (waiting.at.index > this.#committed.index) this.#answer(waiting)',
  },
  {
    name: 'tell the world before commit',
    file: 'runtime/shard/ledger.ts',
    find: 'this.#leading.decided(changes)',
    replace:
      'this.#leading.decided(changes)\n    this.#leading.committed(changes, { shard: this.shard, epoch: this.epoch, index })',
  },
  {
    name: 'rows on disk run ahead of the applied index',
    file: 'runtime/shard/replica.ts',
    find: 'return { ...replica, applied, base: { index: applied, hash }, tail: replica.tail.slice(dropped) }',
    replace:
      'return { ...replica, applied: replica.applied, base: replica.base, tail: replica.tail }',
  },
  {
    name: 'drop the log before its rows are written',
    file: 'runtime/shard/leadership.ts',
    find: '[...hot, ...replica.truncate(applied)]',
    replace: '[...replica.truncate(applied)]',
  },
  {
    name: 'fold into history that is ahead',
    file: 'runtime/shard/rows.ts',
    find: 'if (ahead && ahead.index >= index)',
    replace: 'if (ahead && ahead.index < 0)',
  },
  {
    name: 'answer a result that is not recorded',
    file: 'actors/assignment/exchange.ts',
    find: "return decide(it, ending, (reply) => ({ type: 'recorded', to, token, reply }))",
    replace: "return answer(it, { type: 'recorded', to, token, reply: { type: 'accepted' } })",
  },
  {
    name: 'report a result only once',
    file: 'actors/assignment/worker.ts',
    find: 'repeat: () => {\n      it.send(it.leader, said)',
    replace: 'repeat: () => {',
  },
  {
    name: 'forget what ran before the restart',
    file: 'actors/assignment/slots.ts',
    find: 'for (const each of held) adopt(it, each)',
    replace: '',
  },
  {
    name: 'a handler that fails is the end of its actor',
    file: 'runtime/supervision/supervision.ts',
    find: "return restart === 'permanent' || (restart === 'transient' && ending === 'failed')",
    replace: "return restart === 'permanent' && ending !== 'failed'",
  },
  {
    name: 'slots that failed forget what they held',
    file: 'actors/assignment/slots.ts',
    find: "return state === 'ready' ? list(it) : lose(it)",
    replace: "return state === 'lost' ? lose(it) : numbers.renewal > 1 ? same : list(it)",
  },
  {
    name: 'a worker that failed believes that it has begun nothing',
    file: 'actors/assignment/worker.ts',
    find: 'if (begun) return look(it)',
    replace: '',
  },
  {
    name: 'accept the result of any attempt',
    file: 'actors/tasks-machine/attempts.ts',
    find: 'if (!current) return late(desk, task, { attempt, outcome })',
    replace:
      'if (ENDED.has(task.state)) return close(desk, task, outcome, afterwards(desk, task, outcome))',
  },
  {
    name: 'another answer for the same key',
    file: 'actors/tasks-machine/submit.ts',
    find: 'if (known) return answered(repeated(known.reply))',
    replace: '',
  },
  {
    name: 'start on a disk that is nearly full',
    file: 'actors/assignment/slots.ts',
    find: ' && !options.space.scarce',
    replace: '',
  },
  {
    name: 'never fire a timer',
    file: 'actors/tasks-machine/timers.ts',
    find: "if (this.#options.shard.propose({ type: 'due', task: id, version })) continue",
    replace: 'continue',
  },
]
