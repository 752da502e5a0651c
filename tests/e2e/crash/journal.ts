import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/**
 * The file that everything in a crash run writes to, a line at a time: the tasks when they start and
 * end, the client when it submits and is answered. Appending is atomic, so the order of the lines is
 * the order in which things happened, whoever's clock says what. Nothing is fsynced: processes are
 * killed here, not the machine.
 */
export type Happening =
  | { readonly type: 'sent' | 'acked'; readonly task: number }
  | { readonly type: 'start' | 'end'; readonly task: number; readonly attempt: number }
  /** What the clock of the client says, each second. */
  | { readonly type: 'tick'; readonly atMs: number }
  /** The counter has its slot. */
  | { readonly type: 'counting' }
  | { readonly type: 'hit'; readonly holder: boolean }

const CHUNK_BYTES = 64 * 1_024

export class Journal {
  readonly path: string
  readonly happenings: Happening[] = []
  /** Tasks that came to their end, as far as was read. */
  endCount = 0
  readonly #file: number
  #offset = 0
  #rest = ''

  constructor(path: string) {
    this.path = path
    this.#file = openSync(path, 'a+')
  }

  append(line: string): void {
    writeSync(this.#file, `${line}\n`)
  }

  /** Reads what was added. */
  read(): void {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (;;) {
      const count = readSync(this.#file, chunk, 0, CHUNK_BYTES, this.#offset)
      if (count === 0) return
      this.#offset += count
      const lines = (this.#rest + chunk.toString('latin1', 0, count)).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#add(parseHappening(line))
    }
  }

  #add(happening: Happening): void {
    this.happenings.push(happening)
    if (happening.type === 'end') this.endCount += 1
  }

  close(): void {
    closeSync(this.#file)
  }
}

export function parseHappening(line: string): Happening {
  const [type, first, second] = line.split(' ')
  switch (type) {
    case 'sent':
    case 'acked':
      return { type, task: Number(first) }
    case 'start':
    case 'end':
      return { type, task: Number(first), attempt: Number(second) }
    case 'tick':
      return { type, atMs: Number(first) }
    case 'counting':
      return { type }
    case 'hit':
      return { type, holder: first === 'holder' }
    default:
      throw new Error(`the journal has a line that nobody writes: "${line}"`)
  }
}
