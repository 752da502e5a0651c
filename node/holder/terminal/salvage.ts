import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { INLINE_BYTES_MAX, type Transcript } from '../../../actors/output/transcript.ts'
import { headBytesMax } from './recording.ts'

export interface Salvaged {
  readonly bytes: number
  readonly transcript?: Transcript
}

const NOTHING: Salvaged = { bytes: 0 }

/**
 * What is left of a recording whose holder died. The first bytes, read once more for their hash; if the
 * last ones were already behind them, nobody knows any more where those began.
 */
export async function salvage(directory: string, outputBytesMax = Infinity): Promise<Salvaged> {
  const file = await open(join(directory, 'output'), 'r+').catch(() => undefined)
  if (!file) return NOTHING
  try {
    const { size } = await file.stat()
    const bytes = Math.min(size, headBytesMax(outputBytesMax))
    if (bytes < size) await file.truncate(bytes)
    if (bytes === 0) return NOTHING
    return { bytes, transcript: await transcriptOf(file, bytes) }
  } finally {
    await file.close()
  }
}

async function transcriptOf(file: FileHandle, bytes: number): Promise<Transcript> {
  if (bytes <= INLINE_BYTES_MAX) return { base64: (await file.readFile()).toString('base64') }
  const hash = createHash('sha256')
  const all = file.createReadStream({ start: 0, autoClose: false })
  for await (const chunk of all) hash.update(chunk as Uint8Array)
  await file.sync()
  return { hash: hash.digest('hex'), bytes }
}
