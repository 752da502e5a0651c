/**
 * The recording of an attempt that is over, read from its folder: by the holder while it keeps the
 * exit, by the node afterwards.
 */
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttemptKey, Exit } from '../../../actors/terminals.ts'
import type { RecordingEnd } from './recording.ts'

/** What comes next for a reader at some offset. */
export type Piece =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'gap'; readonly to: number }
  /** Nothing yet. */
  | { readonly type: 'none' }
  | { readonly type: 'end'; readonly exit: Exit }

export interface Readable {
  read(offset: number, bytesMax: number): Piece | Promise<Piece>
}

export function attemptDirectory(data: string, key: AttemptKey): string {
  return join(data, 'attempts', key.task, String(key.attempt))
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

export function finishedRecording(directory: string, end: RecordingEnd): Readable {
  const { headBytes, tailOffset, exit } = end
  return {
    read(offset, bytesMax) {
      if (offset < headBytes) {
        const length = Math.min(bytesMax, headBytes - offset)
        return readPiece(join(directory, 'output'), offset, length)
      }
      if (offset < tailOffset) return { type: 'gap', to: tailOffset }
      if (offset >= exit.outputBytes) return { type: 'end', exit }
      return readPiece(join(directory, 'tail'), offset - tailOffset, bytesMax)
    },
  }
}

/** With a descriptor of its own: one that is shared could be closed, and its number reused, meanwhile. */
export async function readPiece(path: string, position: number, length: number): Promise<Piece> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position)
    return { type: 'bytes', bytes: buffer.subarray(0, bytesRead) }
  } finally {
    await file.close()
  }
}
