import type { Mutation } from './mutation.ts'

/** The log, its rows, and the disks below (decisions 1, 4, 5 and 7). */
export const LOG_MUTATIONS: readonly Mutation[] = [
  {
    name: 'drop entries and leave no proof of them',
    climate: 'temperate',
    edits: [
      {
        file: 'runtime/shard/replica/replica-disk.ts',
        find: 'return [...proofs, ...this.#log',
        replace: 'return [...this.#log',
      },
    ],
  },
  {
    name: 'acknowledge before fsync',
    climate: 'temperate',
    edits: [
      {
        file: 'runtime/storage/safe-store.ts',
        find: 'this.#options.engine.write(this.#frame(group, sequence), (error) => {',
        replace:
          'const frame = this.#frame(group, sequence)\n    for (const { done } of (group as Asked[]).splice(0)) this.#options.clock.defer(() => done?.())\n    this.#options.engine.write(frame, (error) => {',
      },
    ],
  },
  {
    name: 'forget the high-water mark',
    climate: 'bad disks',
    edits: [
      {
        file: 'runtime/storage/safe-store.ts',
        find: 'if (water && this.#sequence < water.sequence) {',
        replace: 'if (water && this.#sequence < 0) {',
      },
    ],
  },
  {
    name: 'serve bytes that are not what was written',
    climate: 'bad disks',
    edits: [
      {
        file: 'runtime/storage/frame.ts',
        find: 'if (whole && view.getUint32(2) === checksum(key, payload)) return payload',
        replace: 'if (whole) return payload',
      },
    ],
  },
  {
    name: 'acknowledge although the disk refused',
    climate: 'bad disks',
    edits: [
      {
        file: 'runtime/storage/safe-store.ts',
        find: 'if (failure) return this.#fail(failure, group)',
        replace: '',
      },
    ],
  },
  {
    name: 'reuse an epoch after a restart',
    climate: 'temperate',
    edits: [
      {
        file: 'runtime/placement/arrival.ts',
        find: 'epoch: row.epoch + 1, status',
        replace: 'epoch: row.epoch, status',
      },
    ],
  },
  {
    name: 'a fold reads the clock',
    climate: 'temperate',
    edits: [
      {
        file: 'actors/task/fold.ts',
        find: 'version: task.version + 1, updatedMs: event.atMs',
        replace: 'version: task.version + 1, updatedMs: event.atMs + (performance.now() % 1)',
      },
    ],
  },
  {
    name: 'reply before commit',
    climate: 'temperate',
    edits: [
      {
        file: 'runtime/shard/ledger.ts',
        find: 'if (waiting.at.index > this.#committed.index) this.#waiting.push(waiting)',
        replace: 'if (waiting.at.index > this.#committed.index) this.#answer(waiting)',
      },
    ],
  },
  {
    name: 'let a reply that changed nothing overtake the tail',
    climate: 'temperate',
    edits: [
      {
        file: 'runtime/shard/ledger.ts',
        find: 'this.#wait({ at: this.#end, deadlineMs, answer, reply, answered: false })',
        replace:
          'this.#wait({ at: events.length > 0 ? this.#end : this.#committed, deadlineMs, answer, reply, answered: false })',
      },
    ],
  },
  {
    name: 'tell the world before commit',
    climate: 'temperate',
    edits: [
      {
        file: 'runtime/shard/ledger.ts',
        find: 'this.#leading.decided(changes)',
        replace:
          'this.#leading.decided(changes)\n    this.#leading.committed(changes, { shard: this.shard, epoch: this.epoch, index })',
      },
    ],
  },
  {
    name: 'decide on what is on disk, not on the tail',
    climate: 'temperate',
    edits: [
      {
        file: 'runtime/shard/rows.ts',
        find: 'if (this.#recent.has(key)) return this.#recent.get(key)',
        replace: '',
      },
    ],
  },
  {
    name: 'say that nothing was stored when nobody knows',
    climate: 'bad disks',
    edits: [
      {
        file: 'runtime/shard/ledger.ts',
        find: '    for (const waiting of [...this.#waiting, ...this.#unconfirmed, ...this.#confirming]) {\n      this.#answer(waiting, unknown(this.shard))',
        replace:
          '    for (const waiting of [...this.#waiting, ...this.#unconfirmed, ...this.#confirming]) {\n      this.#answer(waiting, notLeader(this.shard))',
      },
      {
        file: 'runtime/shard/ledger.ts',
        find: 'if (waiting.deadlineMs <= nowMs) this.#answer(waiting, unknown(this.shard))',
        replace: 'if (waiting.deadlineMs <= nowMs) this.#answer(waiting, notLeader(this.shard))',
      },
    ],
  },
  {
    name: 'rows on disk run ahead of the applied index',
    climate: 'temperate',
    edits: [
      {
        file: 'runtime/shard/replica/replica.ts',
        find: 'return { ...replica, applied, base: { index: applied, hash }, tail: replica.tail.slice(dropped) }',
        replace:
          'return { ...replica, applied: replica.applied, base: replica.base, tail: replica.tail }',
      },
    ],
  },
  {
    name: 'drop the log before its rows are written',
    climate: 'temperate',
    edits: [
      {
        file: 'runtime/shard/leadership.ts',
        find: '[...hot, ...replica.truncate(applied)]',
        replace: '[...replica.truncate(applied)]',
      },
    ],
  },
  {
    name: 'write rows without waiting for history',
    climate: 'short lives',
    edits: [
      {
        file: 'runtime/shard/leadership.ts',
        find: 'else this.#options.cold.write(cold, writeHot)',
        replace: 'else {\n      this.#options.cold.write(cold)\n      writeHot()\n    }',
      },
    ],
  },
  {
    name: 'fold into history that is ahead',
    climate: 'short lives',
    edits: [
      {
        file: 'runtime/shard/rows.ts',
        find: 'if (ahead && ahead.index >= index)',
        replace: 'if (ahead && ahead.index < 0)',
      },
    ],
  },
  {
    name: 'delete from history before the rows say so',
    climate: 'short memory',
    edits: [
      {
        file: 'runtime/shard/rows.ts',
        find: 'into.removals.push(removal)',
        replace: 'into.cold.push(...removal.deletions)',
      },
    ],
  },
  {
    name: 'leave what left the rows in history',
    climate: 'short memory',
    edits: [
      {
        file: 'runtime/shard/rows.ts',
        find: 'into.removals.push(removal)',
        replace: '',
      },
    ],
  },
  {
    name: 'keep leading after the clock was set',
    climate: 'set clocks',
    edits: [
      {
        file: 'runtime/system.ts',
        find: 'if (!believed) this.#given = this.shards.resign()',
        replace: 'if (!believed) this.#given = new Map()',
      },
    ],
  },
]
