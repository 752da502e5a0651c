import { RuntimeError, type ErrorCode } from '../../errors.ts'

const FULL = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/

/** What the disk said, in our words: `STORE_FULL` when room is all it wants, else `STORE_FAILED`. */
export function diskFailure(doing: string, error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error
  const why = reasonOf(error)
  const code: ErrorCode = FULL.test(why) ? 'STORE_FULL' : 'STORE_FAILED'
  return new RuntimeError(code, `Cannot ${doing}: ${why}`, { cause: error })
}

/** LevelDB wraps its own message; Node's begins with the code. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as { readonly cause?: unknown; readonly message?: string }
  return cause instanceof Error ? cause.message : (message ?? String(error))
}
