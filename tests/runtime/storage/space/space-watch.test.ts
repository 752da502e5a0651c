import t from 'tap'
import { VirtualClock } from '../../../../runtime/scheduling/virtual-clock.ts'
import {
  ballastOf,
  SPACE_DEFAULTS,
  type Measured,
  type Stage,
} from '../../../../runtime/storage/space/space.ts'
import { LOOK_MS, SpaceWatch, type Ballast } from '../../../../runtime/storage/space/space-watch.ts'

const TOTAL = 100_000
const RESERVE = ballastOf(TOTAL, SPACE_DEFAULTS)

/** A disk of 100,000 bytes with a watch on it. */
class Disk {
  readonly clock = new VirtualClock()
  readonly stages: Stage[] = []
  readonly watch: SpaceWatch
  /** What others leave free. */
  othersFree: number
  silent = false
  #laidBytes = 0
  laying: (() => void)[] = []

  constructor(othersFree: number) {
    this.othersFree = othersFree
    this.watch = new SpaceWatch({
      clock: this.clock,
      limits: SPACE_DEFAULTS,
      ballast: this.#ballast(),
      measure: (done) => done(this.silent ? undefined : this.#measured()),
    })
    this.watch.onChange(() => this.stages.push(this.watch.stage))
    this.watch.start(() => undefined)
  }

  #measured(): Measured {
    return { freeBytes: this.othersFree - this.#laidBytes, totalBytes: TOTAL }
  }

  get laid(): boolean {
    return this.#laidBytes > 0
  }

  #ballast(): Ballast {
    const lay = (bytes: number, done: () => void): void => {
      this.laying.push(() => {
        this.#laidBytes = bytes
        done()
      })
    }
    const release = (): void => void (this.#laidBytes = 0)
    const isLaid = (): boolean => this.laid
    return {
      lay,
      release,
      get laid() {
        return isLaid()
      },
    }
  }

  /** Somebody else takes or leaves room; the watch has looked by then. */
  free(bytes: number): Stage {
    this.othersFree = bytes
    this.clock.advance(LOOK_MS)
    for (const lay of this.laying.splice(0)) lay()
    return this.watch.stage
  }
}

t.test('the stage is known from the first look on, and follows the disk within 5 s', async (t) => {
  const disk = new Disk(8_000)
  t.equal(disk.watch.stage, 'scarce')
  disk.free(50_000)
  disk.free(12_000)
  disk.free(1_000)
  disk.free(50_000)
  t.same(disk.stages, ['scarce', 'ample', 'low', 'full', 'ample'])
})

t.test('ballast is laid when room is low, and given up when the disk is full', async (t) => {
  const disk = new Disk(50_000)
  t.equal(RESERVE, 2_500)
  disk.free(14_000)
  t.ok(disk.laid)
  t.equal(disk.free(9_000), 'scarce')
  t.ok(disk.laid)
  t.equal(disk.free(7_000), 'full', '4,500 are left beside it')
  t.notOk(disk.laid)
})

t.test('room that only came of the ballast changes no stage', async (t) => {
  const disk = new Disk(14_000)
  disk.free(14_000)
  disk.free(7_000)
  for (let look = 0; look < 10; look++) t.equal(disk.free(7_000), 'full')
  t.equal(disk.free(7_600), 'scarce')
  t.notOk(disk.laid, 'there is no room for it yet')
  t.equal(disk.free(13_000), 'low')
  t.ok(disk.laid)
  t.equal(disk.free(13_000), 'low')
})

t.test('ballast is not laid where it would make room scarce', async (t) => {
  const disk = new Disk(50_000)
  t.equal(disk.free(12_000), 'low')
  t.notOk(disk.laid)
})

t.test('a disk that does not say leaves the stage as it was', async (t) => {
  const disk = new Disk(8_000)
  disk.silent = true
  t.equal(disk.free(50_000), 'scarce')
  disk.silent = false
  t.equal(disk.free(50_000), 'ample')
})

t.test('it says what is free, what is held up, and below what', async (t) => {
  const disk = new Disk(3_000)
  t.equal(disk.watch.full, '2.9 KiB of the disk are free (3 %); nothing is changed below 4.9 KiB')
  t.match(disk.watch.scarce, 'no task is taken or started below 9.8 KiB')
  disk.free(50_000)
  t.equal(disk.watch.scarce, undefined)
  t.equal(disk.watch.describe(), '49 KiB of the disk are free (50 %)')
})

t.test('stop() looks no more', async (t) => {
  const disk = new Disk(50_000)
  disk.watch.stop()
  t.equal(disk.free(1_000), 'ample')
})
