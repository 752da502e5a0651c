import t from 'tap'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { FAULTLESS, MemoryEngine, type DiskFaults } from '../../../runtime/storage/memory-engine.ts'
import { engineContract, put } from '../../contracts/engine.contract.ts'

const clock = new VirtualClock()

engineContract('memory', {
  open: async () => new MemoryEngine(clock),
  reopen: async (engine) => {
    ;(engine as MemoryEngine).crash()
    return engine
  },
  wait: async (promise) => {
    const waiting = new Set([promise])
    const settle = (): void => void waiting.clear()
    promise.then(settle, settle)
    while (waiting.size > 0) {
      clock.advance(1)
      await Promise.resolve()
    }
    return promise
  },
})

function diskOf(faults: Partial<DiskFaults>): {
  readonly clock: VirtualClock
  readonly engine: MemoryEngine
} {
  const clock = new VirtualClock()
  return { clock, engine: new MemoryEngine(clock, { ...FAULTLESS, ...faults }) }
}

t.test('a crash forgets what was asked for, and answers nobody', async (t) => {
  const { clock, engine } = diskOf({})
  engine.write([put('a', '1')], () => t.fail('the program that asked is gone'))
  engine.crash()
  clock.advance(10)
  t.equal(engine.get('a'), undefined)
})

t.test('of batches under way a crash keeps as many as the faults say, oldest first', async (t) => {
  const { engine } = diskOf({ kept: () => 2 })
  for (const key of ['a', 'b', 'c']) engine.write([put(key, '1')], () => undefined)
  engine.crash()
  t.same([...engine.image().keys()], ['a', 'b'])
})

t.test('after a batch that failed every later one fails, until a restart', async (t) => {
  const { clock, engine } = diskOf({})
  const said: string[] = []
  const write = (key: string): void =>
    engine.write([put(key, '1')], (error) => said.push(`${key} ${error?.code ?? 'ok'}`))
  engine.failNext()
  write('a')
  clock.advance(1)
  write('b')
  clock.advance(1)
  engine.crash()
  write('c')
  clock.advance(1)
  t.same(said, ['a STORE_FAILED', 'b STORE_FAILED', 'c ok'])
})
