import t from 'tap'
import type { RuntimeError } from '../../../../runtime/errors.ts'
import { VirtualClock } from '../../../../runtime/scheduling/virtual-clock.ts'
import type { Entry } from '../../../../runtime/shard/entry.ts'
import { proofRange } from '../../../../runtime/shard/keys.ts'
import { PROVED_MAX, type Proof, Proofs } from '../../../../runtime/shard/replica/proofs.ts'
import { MemoryEngine } from '../../../../runtime/storage/memory-engine.ts'
import type { Store } from '../../../../runtime/storage/store.ts'

/** An entry whose hash says which it is. */
function entryOf(index: number, epoch: number): Entry {
  return { index, epoch, bytes: new Uint8Array(), hash: new Uint8Array(32).fill(index % 251) }
}

function worldOf() {
  const clock = new VirtualClock()
  const engine = new MemoryEngine(clock)
  const hot: Store = {
    get: (key) => engine.get(key),
    scan: (...asked) => engine.scan(...asked),
    write: (ops, done = () => undefined) => engine.write(ops, done),
  }
  const write = (proofs: Proofs, entries: readonly Entry[]): void => {
    hot.write(proofs.of(entries))
    clock.advance(1)
  }
  const find = (proofs: Proofs, index: number): string => {
    let text = 'nothing was said'
    proofs.find(index, (found) => (text = textOf(found)))
    clock.advance(1)
    return text
  }
  return { clock, engine, hot, write, find }
}

function textOf(found: Proof | undefined | RuntimeError): string {
  if (!found || found instanceof Error) return String(found)
  return `${found.epoch}: ${found.hash.length} of ${found.hash[0]}`
}

t.test('each entry that was dropped is proved, in whatever range it was', async (t) => {
  const { hot, write, find } = worldOf()
  const before = new Proofs(7, hot)
  write(before, [entryOf(1, 3), entryOf(2, 3), entryOf(3, 5)])
  write(before, [entryOf(4, 5)])
  write(before, [])
  for (const proofs of [before, new Proofs(7, hot)]) {
    t.equal(find(proofs, 1), '3: 32 of 1')
    t.equal(find(proofs, 2), '3: 32 of 2')
    t.equal(find(proofs, 3), '5: 32 of 3')
    t.equal(find(proofs, 4), '5: 32 of 4')
    t.equal(find(proofs, 5), 'undefined', 'it was not dropped')
    t.equal(find(proofs, 0), 'undefined')
  }
  t.equal(find(new Proofs(8, hot), 1), 'undefined', 'of another shard')
})

t.test('what is on its way to the disk is known', async (t) => {
  const { hot } = worldOf()
  const proofs = new Proofs(7, hot)
  hot.write(proofs.of([entryOf(1, 3)]))
  let text = ''
  proofs.find(1, (found) => (text = textOf(found)))
  t.equal(text, '3: 32 of 1')
})

t.test('the oldest proofs go, now and then', async (t) => {
  const { clock, engine, hot, write } = worldOf()
  const proofs = new Proofs(7, hot)
  for (const index of [1, 100, PROVED_MAX, PROVED_MAX + 1]) write(proofs, [entryOf(index, 3)])
  const { gte, lt } = proofRange(7)
  const left = (): number[] =>
    [...engine.image().keys()]
      .filter((key) => key >= gte && key < lt)
      .map((key) => Number(key.slice(-14)))
  proofs.maybeTrim(PROVED_MAX + 101, 1)
  clock.advance(5)
  t.equal(left().length, 4, 'not at every entry')
  proofs.maybeTrim(PROVED_MAX + 4_096, 4_096)
  clock.advance(5)
  t.same(left(), [PROVED_MAX, PROVED_MAX + 1])
})
