import { ClassicLevel } from 'classic-level'
import { RuntimeError } from '../errors.ts'
import type { Engine } from './engine.ts'
import type { Done, KeyRange, Op } from './store.ts'

/** Entries fetched from LevelDB at a time. */
const PAGE = 1_000

/**
 * A LevelDB directory. Never creates one unless told to: an absent `CURRENT` would make LevelDB
 * open an empty database and delete the tables that are there.
 */
export async function openLevelEngine(
  directory: string,
  options: { readonly create: boolean },
): Promise<Engine> {
  const level = new ClassicLevel<string, Uint8Array>(directory, {
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
  readonly #level: ClassicLevel<string, Uint8Array>

  constructor(level: ClassicLevel<string, Uint8Array>) {
    this.#level = level
  }

  write(ops: readonly Op[], done: Done): void {
    const batch = ops.map((op) =>
      op.type === 'put'
        ? ({ type: 'put', key: op.key, value: op.value } as const)
        : ({ type: 'del', key: op.key } as const),
    )
    this.#level.batch(batch, { sync: true }).then(
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

  scan(
    range: KeyRange,
    visit: (key: string, value: Uint8Array) => boolean | void,
    done: Done,
  ): void {
    this.#visit(range, visit).then(
      () => done(),
      (error: unknown) => done(failure('read', error)),
    )
  }

  async #visit(
    range: KeyRange,
    visit: (key: string, value: Uint8Array) => boolean | void,
  ): Promise<void> {
    const { gte, lt, reverse = false, limit = -1 } = range
    const iterator = this.#level.iterator({ gte, lt, reverse, limit })
    try {
      for (;;) {
        const entries = await iterator.nextv(PAGE)
        if (entries.length === 0) return
        for (const [key, value] of entries) if (visit(key, value) === false) return
      }
    } finally {
      await iterator.close()
    }
  }

  close(done: () => void): void {
    this.#level.close().then(done, done)
  }
}

function openFailure(directory: string, error: unknown): RuntimeError {
  const code = codeOf((error as { cause?: unknown }).cause) ?? codeOf(error)
  if (code === 'LEVEL_LOCKED') {
    return new RuntimeError(
      'STORE_LOCKED',
      `Cannot open "${directory}": another process has it open`,
      { cause: error },
    )
  }
  const message = `Cannot open the database "${directory}": ${messageOf(error)}`
  return new RuntimeError('STORE_CORRUPT', message, { cause: error })
}

function failure(what: 'write' | 'read', error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error
  const code = codeOf(error) === 'LEVEL_CORRUPTION' ? 'STORE_CORRUPT' : 'STORE_FAILED'
  return new RuntimeError(code, `Cannot ${what} the store: ${messageOf(error)}`, { cause: error })
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

function messageOf(error: unknown): string {
  const { cause, message } = error as { cause?: unknown; message?: string }
  return cause instanceof Error ? cause.message : (message ?? 'it does not say why')
}
