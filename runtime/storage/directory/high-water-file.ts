import { closeSync, fdatasync, openSync, readSync, writeSync } from 'node:fs'
import type { RuntimeError } from '../../errors.ts'
import { checksum } from '../checksum.ts'
import type { HighWater, Water } from '../high-water.ts'
import type { Done } from '../store.ts'
import { diskFailure } from './disk-failure.ts'

const SLOT_BYTES = 64
const LABEL = 'high-water'

/**
 * Two slots in one small file. Marks are noted in one of them, while the other keeps the last one
 * that was synced: a torn write costs the newest mark, never both.
 */
export class HighWaterFile implements HighWater {
  readonly #file: number
  readonly #path: string
  #slot: number

  /** @param create Makes the file, and wants it not to be there; else it must be. */
  constructor(path: string, { create }: { readonly create: boolean }) {
    this.#path = path
    this.#file = openSync(path, create ? 'wx+' : 'r+', 0o600)
    this.#slot = 1 - this.#newest()
  }

  read(): Water | undefined {
    return this.#slots()[this.#newest()]
  }

  note(water: Water): RuntimeError | undefined {
    try {
      writeSync(this.#file, formatSlot(water), this.#slot * SLOT_BYTES, 'latin1')
      return undefined
    } catch (error) {
      return diskFailure(`write "${this.#path}"`, error)
    }
  }

  sync(done: Done): void {
    fdatasync(this.#file, (error) => {
      if (error) return done(diskFailure(`write "${this.#path}"`, error))
      this.#slot = 1 - this.#slot
      done()
    })
  }

  close(): void {
    closeSync(this.#file)
  }

  #newest(): 0 | 1 {
    const [first, second] = this.#slots()
    return (second?.sequence ?? -1) > (first?.sequence ?? -1) ? 1 : 0
  }

  #slots(): readonly [Water | undefined, Water | undefined] {
    const bytes = Buffer.alloc(2 * SLOT_BYTES)
    readSync(this.#file, bytes, 0, bytes.length, 0)
    const slot = (at: number): string =>
      bytes.toString('latin1', at * SLOT_BYTES, (at + 1) * SLOT_BYTES)
    return [parseSlot(slot(0)), parseSlot(slot(1))]
  }
}

function formatSlot({ sequence, openedAt }: Water): string {
  const text = `${sequence} ${openedAt}`
  return `${text} ${sumOf(text)}`.padEnd(SLOT_BYTES - 1) + '\n'
}

function parseSlot(slot: string): Water | undefined {
  const [sequence = '', openedAt = '', sum] = slot.trim().split(' ')
  if (sum !== sumOf(`${sequence} ${openedAt}`)) return undefined
  return { sequence: Number(sequence), openedAt: Number(openedAt) }
}

function sumOf(text: string): string {
  return String(checksum(LABEL, Buffer.from(text, 'latin1')))
}
