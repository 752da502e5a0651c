/**
 * The recording of an attempt that is over, read from its folder. The holder never reads it: a node
 * has the same files.
 */
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { formatKey, parseKey, type AttemptKey, type Exit } from '../../../actors/terminals.ts'
import { assert } from '../../../runtime/errors.ts'
import type { RecordingEnd } from './recording.ts'

export function attemptDirectory(data: string, key: AttemptKey): string {
  return join(data, 'attempts', key.task, String(key.attempt))
}

/** Below the data directory. */
export function outputFile(key: AttemptKey): string {
  return join(attemptDirectory('', key), 'output')
}

/** All recordings of these tasks, one after the other: nobody waits for it. */
export async function discardOutput(data: string, tasks: readonly string[]): Promise<void> {
  for (const task of tasks) {
    assert(parseKey(formatKey({ task, attempt: 1 })), 'a task id is one name, not a path')
    await rm(join(data, 'attempts', task), { recursive: true, force: true })
  }
}

/** `undefined` if there is no finished recording. */
export function readEnd(directory: string): RecordingEnd | undefined {
  try {
    // Written by ourselves, whole or not at all.
    return JSON.parse(readFileSync(join(directory, 'end.json'), 'utf8')) as RecordingEnd
  } catch {
    return undefined
  }
}

/** What comes next for a reader at some offset: where it lies, or that nothing is left. */
export type Place =
  | {
      readonly type: 'file'
      /** In `output`. */
      readonly at: number
      readonly bytes: number
    }
  | { readonly type: 'gap'; readonly to: number }
  | { readonly type: 'end'; readonly exit: Exit }

export function placeOf(offset: number, end: RecordingEnd): Place {
  const { headBytes, tailOffset, exit } = end
  if (offset < headBytes) return { type: 'file', at: offset, bytes: headBytes - offset }
  if (offset < tailOffset) return { type: 'gap', to: tailOffset }
  if (offset >= exit.outputBytes) return { type: 'end', exit }
  const bytes = exit.outputBytes - offset
  return { type: 'file', at: headBytes + offset - tailOffset, bytes }
}
