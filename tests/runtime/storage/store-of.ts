import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { MemoryHighWater } from '../../../runtime/storage/high-water.ts'
import { FAULTLESS, MemoryEngine, type DiskFaults } from '../../../runtime/storage/memory-engine.ts'
import { SafeStore } from '../../../runtime/storage/safe-store.ts'
import type { Op } from '../../../runtime/storage/store.ts'

export const put = (key: string, value = key): Op => ({
  type: 'put',
  key,
  value: Buffer.from(value),
})

/** One simulated disk, and the stores that follow each other on it. */
export class Disk {
  readonly clock = new VirtualClock()
  readonly water = new MemoryHighWater()
  readonly engine: MemoryEngine
  readonly failures: unknown[] = []

  constructor(faults: Partial<DiskFaults> = {}) {
    this.engine = new MemoryEngine(this.clock, { ...FAULTLESS, delayMs: () => 1, ...faults })
  }

  /** The program starts, after whatever happened. Returns the store, or why it does not open. */
  open(): SafeStore | Error {
    this.engine.crash()
    const { clock, engine, water: highWater } = this
    const failed = (error: Error): void => void this.failures.push(error)
    const store = new SafeStore({ clock, engine, highWater, name: 'hot', failed })
    let result: SafeStore | Error | undefined
    store.open((error) => {
      result = error ?? store
    })
    clock.advance(1_000)
    return result ?? new Error('it never opened')
  }

  opened(): SafeStore {
    const store = this.open()
    if (store instanceof SafeStore) return store
    throw store
  }

  /** Writes one batch after the other. */
  fill(store: SafeStore, batchCount: number): void {
    for (let batch = 0; batch < batchCount; batch++) {
      store.write([put(`k${batch}`)])
      this.clock.advance(1)
    }
  }
}
