import { closeSync, fdatasync, openSync, readFileSync, writeSync } from 'node:fs'
import { RuntimeError } from '../errors.ts'
import { checksum } from './checksum.ts'
import type { HighWater, Water } from './high-water.ts'
import type { Done } from './store.ts'

const SLOT_BYTES = 64
const LABEL = 'high-water'

/** Two slots in one file, written in turn, so that a torn write leaves the other. */
export class HighWaterFile implements HighWater {
  readonly #file: number
  readonly #path: string
  #slot = 0

  constructor(path: string) {
    this.#path = path
    this.#file = openSync(path, 'a+', 0o600)
    closeSync(this.#file)
    this.#file = openSync(path, 'r+')
  }

  read(): Water | undefined {
    const text = readFileSync(this.#path, 'latin1')
    const slots = [text.slice(0, SLOT_BYTES), text.slice(SLOT_BYTES, 2 * SLOT_BYTES)]
    const known = slots.map(parseSlot).filter((water) => water !== undefined)
    return known.sort((a, b) => b.sequence - a.sequence)[0]
  }

  write(water: Water, done: Done): void {
    this.#slot = 1 - this.#slot
    try {
      writeSync(this.#file, formatSlot(water), this.#slot * SLOT_BYTES, 'latin1')
    } catch (error) {
      return done(failure(this.#path, error))
    }
    fdatasync(this.#file, (error) => (error ? done(failure(this.#path, error)) : done()))
  }

  close(): void {
    closeSync(this.#file)
  }
}

function formatSlot({ sequence, openedAt }: Water): string {
  const text = `${sequence} ${openedAt}`
  return `${text} ${sumOf(text)}\n`.padEnd(SLOT_BYTES)
}

function parseSlot(slot: string): Water | undefined {
  const [sequence = '', openedAt = '', sum] = slot.trim().split(' ')
  if (sum !== sumOf(`${sequence} ${openedAt}`)) return undefined
  return { sequence: Number(sequence), openedAt: Number(openedAt) }
}

function sumOf(text: string): string {
  return String(checksum(LABEL, Buffer.from(text, 'latin1')))
}

function failure(path: string, error: unknown): RuntimeError {
  return new RuntimeError('STORE_FAILED', `Cannot write "${path}": ${(error as Error).message}`, {
    cause: error,
  })
}
