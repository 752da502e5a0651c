import type { RuntimeError } from '../../../runtime/errors.ts'
import { chance, fraction, type Random } from '../../../runtime/scheduling/random.ts'
import type { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { unpack } from '../../../runtime/storage/codec.ts'
import { unframed } from '../../../runtime/storage/frame.ts'
import { MemoryBlobs } from '../../../runtime/storage/blobs/memory-blobs.ts'
import { MemoryHighWater } from '../../../runtime/storage/high-water.ts'
import { MemoryEngine, type DiskFaults } from '../../../runtime/storage/memory-engine.ts'
import { SimulatedSpace, STAGES } from '../../../runtime/storage/space/space.ts'
import type { Climate } from './climate.ts'

/** How long a full disk stays full, and how long a stalled one does nothing. Unit: ms. */
const FULL_MS = 4_000
const STALL_MS = 6_000
/** A file is refused more often than a batch: nodes write far fewer of them. */
const FILES_FULL = 20

export type DatabaseName = 'hot' | 'cold'

export interface DisksOptions {
  readonly clock: VirtualClock
  readonly random: Random
  readonly climate: Climate
  /** For the files beside the databases. */
  readonly fileRandom: Random
  /** What a terminal has left in a file. */
  file(name: string): Uint8Array | undefined
  note(what: string): void
}

type Image = { readonly hot: ReadonlyMap<string, Uint8Array>; readonly sequence: number }
type Damage = { readonly name: DatabaseName; readonly key: string; readonly value: Uint8Array }

/** The two databases of a node, their marks and its blobs, which outlive it, with all that befalls disks. */
export class SimulatedDisks {
  readonly hot: MemoryEngine
  readonly cold: MemoryEngine
  readonly blobs: MemoryBlobs
  readonly waters = { hot: new MemoryHighWater(), cold: new MemoryHighWater() }
  readonly #options: DisksOptions
  #calm = true
  #fullUntilMs = 0
  /** What was there some time ago, and may come back. */
  #image: Image | undefined
  /** The newer disk, while an older one is in its place. */
  #newer: ReadonlyMap<string, Uint8Array> | undefined
  #damage: Damage | undefined
  /** How much room somebody else leaves. */
  readonly space = new SimulatedSpace()
  #scarceSinceMs = 0
  rollbackCount = 0
  rotCount = 0

  constructor(options: DisksOptions) {
    this.#options = options
    this.hot = new MemoryEngine(options.clock, this.#faults(1))
    this.cold = new MemoryEngine(options.clock, this.#faults(options.climate.coldSlower))
    const { clock, climate, fileRandom, file } = options
    this.blobs = new MemoryBlobs({
      clock,
      file,
      delayMs: () => (chance(fileRandom, 0.1) ? 200 : 1) * fraction(fileRandom),
      fate: () => (!this.#calm && chance(fileRandom, FILES_FULL * climate.full) ? 'full' : 'ok'),
      kept: () => chance(fileRandom, 0.5),
    })
  }

  set calm(calm: boolean) {
    this.#calm = calm
    if (calm) this.space.become('ample')
  }

  /** Somebody else fills the disk, for a while. */
  fill(): void {
    const { random, clock, note } = this.#options
    const stage = STAGES[random.below(STAGES.length)] ?? 'ample'
    if (this.space.scarce === undefined) this.#scarceSinceMs = clock.monotonicMs()
    note(`room on the disk is ${stage}`)
    this.space.become(stage)
    clock.after(FULL_MS * fraction(random), () => this.space.become('ample'))
  }

  /** For how long there has been little room. Unit: ms. */
  get scarceMs(): number {
    if (this.space.scarce === undefined) return 0
    return this.#options.clock.monotonicMs() - this.#scarceSinceMs
  }

  #faults(slower: number): DiskFaults {
    const { random, climate, clock } = this.#options
    return {
      delayMs: () => {
        if (!this.#calm && chance(random, climate.stalls)) return STALL_MS * fraction(random)
        if (chance(random, 0.02)) return 5 + 200 * fraction(random)
        return 0.05 + slower * fraction(random)
      },
      scanMs: () => (chance(random, 0.1) ? 20 * fraction(random) : 0),
      fate: () => {
        if (this.#calm) return 'ok'
        if (chance(random, climate.full))
          this.#fullUntilMs = clock.monotonicMs() + FULL_MS * fraction(random)
        if (clock.monotonicMs() < this.#fullUntilMs) return 'full'
        return chance(random, climate.writeFails) ? 'fail' : 'ok'
      },
      kept: (count) => random.below(count + 1),
    }
  }

  /** The node is gone, and with it perhaps the power: what was asked for may be there or not. */
  crash(): void {
    const { random, climate, note } = this.#options
    this.hot.crash()
    this.cold.crash()
    this.blobs.crash()
    if (chance(random, 0.3)) this.#losePower()
    if (this.#calm) return
    if (chance(random, climate.rot)) this.#rot()
    else this.#maybeRollBack()
    if (this.#newer) note('the disk comes back older')
  }

  #losePower(): void {
    this.#options.note('power is lost')
    for (const water of Object.values(this.waters)) water.losePower()
  }

  /** Now and then a disk comes back as it was some time ago, below its high-water mark. */
  #maybeRollBack(): void {
    const { random, climate } = this.#options
    const marked = this.waters.hot.read()?.sequence ?? 0
    const image = this.#image
    if (image && marked > image.sequence && chance(random, climate.rollBack)) {
      this.#newer = this.hot.image()
      this.hot.restore(image.hot)
      this.rollbackCount += 1
      return
    }
    if (!image || chance(random, 0.3))
      this.#image = { hot: this.hot.image(), sequence: this.#sequence() }
  }

  #sequence(): number {
    const frame = this.hot.get('~seq')
    return frame ? Number(unpack(unframed('~seq', frame))) : 0
  }

  #rot(): void {
    const { random, note } = this.#options
    const name = chance(random, 0.7) ? 'hot' : 'cold'
    const keys = [...this[name].image().keys()].filter((each) => !each.startsWith('~s'))
    const key = keys[random.below(Math.max(1, keys.length))]
    const value = key === undefined ? undefined : this[name].get(key)
    if (key === undefined || !value || this.#damage) return
    this[name].rot(key, random.below(value.length))
    this.#damage = { name, key, value }
    this.rotCount += 1
    note(`a bit of ${name} ${key} is flipped`)
  }

  /** True while an older disk stands in for the one that acknowledged. */
  get rolledBack(): boolean {
    return this.#newer !== undefined
  }

  /** Puts right what a node has found to be wrong. False if nothing was. */
  repair({ code }: RuntimeError): boolean {
    if (code !== 'STORE_CORRUPT') return false
    if (this.#newer) this.hot.restore(this.#newer)
    const repaired = this.#newer !== undefined || this.#damage !== undefined
    this.#newer = undefined
    this.heal()
    return repaired
  }

  /** The damaged value is whole again, unless another was written over it. */
  heal(): void {
    if (!this.#damage) return
    const damage = this.#damage
    this.#damage = undefined
    const disk = this[damage.name]
    disk.restore(healed(disk.image(), damage))
    if (this.#newer && damage.name === 'hot') this.#newer = healed(this.#newer, damage)
  }
}

function healed(
  image: ReadonlyMap<string, Uint8Array>,
  { key, value }: Damage,
): ReadonlyMap<string, Uint8Array> {
  const now = image.get(key)
  const differs = now?.filter((byte, at) => byte !== value[at]).length ?? 0
  return now?.length === value.length && differs === 1 ? new Map(image).set(key, value) : image
}
