import { ClassicLevel, type BatchOperation, type Snapshot } from 'classic-level'
import { RuntimeError } from '../../errors.ts'
import type { Engine, EngineSnapshot } from '../engine.ts'
import type { Done, KeyRange, Op, Visit } from '../store.ts'
import { diskFailure, reasonOf } from './disk-failure.ts'

type Level = ClassicLevel<string, Uint8Array>

/** Entries fetched from LevelDB at a time. */
const PAGE = 1_000
/** Pages being fetched at once: the other threads of the pool are for writes. */
export const READS_MAX = 10

/**
 * A LevelDB directory. Never creates one unless told to: an absent `CURRENT` would make LevelDB
 * open an empty database and delete the tables that are there.
 */
export async function openLevelEngine(
  directory: string,
  options: { readonly create: boolean },
): Promise<Engine> {
  const level: Level = new ClassicLevel(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    createIfMissing: options.create,
    errorIfExists: options.create,
  })
  try {
    await level.open()
  } catch (error) {
    throw openFailure(directory, error)
  }
  return new LevelEngine(level)
}

class LevelEngine implements Engine {
  readonly #level: Level
  #readCount = 0
  readonly #waiting: (() => void)[] = []

  constructor(level: Level) {
    this.#level = level
  }

  write(ops: readonly Op[], done: Done): void {
    this.#level.batch(ops.map(operation), { sync: true }).then(
      () => done(),
      (error: unknown) => done(failure('write', error)),
    )
  }

  get(key: string): Uint8Array | undefined {
    try {
      return this.#level.getSync(key)
    } catch (error) {
      throw failure('read', error)
    }
  }

  scan(range: KeyRange, visit: Visit, done: Done): void {
    this.#scan({ range, snapshot: undefined }, visit, done)
  }

  snapshot(): EngineSnapshot {
    const snapshot = this.#level.snapshot()
    return {
      scan: (range, visit, done) => this.#scan({ range, snapshot }, visit, done),
      release: (done) => void snapshot.close().then(done),
    }
  }

  #scan({ range, snapshot }: Scan, visit: Visit, done: Done): void {
    const { gte, lt, reverse = false, limit = -1 } = range
    const iterator = this.#level.iterator({ gte, lt, reverse, limit, snapshot }) // As it is now.
    const end = (error?: RuntimeError): void => void iterator.close().then(() => done(error))
    const next = (): void =>
      this.#page(iterator, (page) => {
        if (page instanceof RuntimeError) return end(page)
        for (const [key, value] of page) if (visit(key, value) === false) return end()
        if (page.length === 0) end()
        else next()
      })
    next()
  }

  /** The next entries, once fewer than `READS_MAX` others are being fetched. */
  #page(iterator: PageSource, done: (page: Page | RuntimeError) => void): void {
    if (this.#readCount >= READS_MAX) {
      this.#waiting.push(() => this.#page(iterator, done))
      return
    }
    this.#readCount += 1
    const fetched = (page: Page | RuntimeError): void => {
      this.#readCount -= 1
      this.#waiting.shift()?.()
      done(page)
    }
    iterator.nextv(PAGE).then(fetched, (error: unknown) => fetched(failure('read', error)))
  }

  close(done: () => void): void {
    this.#level.close().then(done, done)
  }
}

type Scan = { readonly range: KeyRange; readonly snapshot: Snapshot | undefined }
type Page = readonly (readonly [key: string, value: Uint8Array])[]
type PageSource = { nextv(size: number): Promise<Page> }

function operation(op: Op): BatchOperation<Level, string, Uint8Array> {
  return op.type === 'put' ? op : { type: 'del', key: op.key }
}

function openFailure(directory: string, error: unknown): RuntimeError {
  const code = codeOf((error as { cause?: unknown }).cause) ?? codeOf(error)
  const why = reasonOf(error)
  if (code === 'LEVEL_LOCKED') {
    const message = `Cannot open "${directory}": another process has it open`
    return new RuntimeError('STORE_LOCKED', message, { cause: error })
  }
  const message = `Cannot open the database "${directory}": ${why}`
  if (code === 'LEVEL_CORRUPTION')
    return new RuntimeError('STORE_CORRUPT', message, { cause: error })
  if (why.includes('No such file')) {
    const told = `${message}; nothing was changed; restore a backup into another directory`
    return new RuntimeError('STORE_REFUSED', told, { cause: error })
  }
  return diskFailure(`open the database "${directory}"`, error)
}

function failure(what: 'write' | 'read', error: unknown): RuntimeError {
  if (codeOf(error) !== 'LEVEL_CORRUPTION') return diskFailure(`${what} the store`, error)
  const message = `Cannot ${what} the store: ${reasonOf(error)}`
  return new RuntimeError('STORE_CORRUPT', message, { cause: error })
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
