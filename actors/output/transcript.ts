/**
 * What was kept of an attempt's output, as the attempt's end names it: few bytes in the row itself,
 * which costs no file and no fsync of its own, more of them as a blob.
 */
export type Transcript =
  /** All of it, at most [256] bytes. Base64. */
  { readonly base64: string } | TranscriptBlob

export interface TranscriptBlob {
  /** SHA-256, hex: the name of the blob. */
  readonly hash: string
  /** Its length. */
  readonly bytes: number
  /** Where something is left out: so many bytes are from the beginning, the others from the end. */
  readonly headBytes?: number
}

/** Output of at most so many bytes is kept in the row: a line or two, as most short commands say. */
export const INLINE_BYTES_MAX = 256

export function blobIn(transcript: Transcript | undefined): TranscriptBlob | undefined {
  return transcript && 'hash' in transcript ? transcript : undefined
}

/** A stretch of a blob, and the offset in the output of its first byte. */
export interface Stretch {
  readonly offset: number
  /** In the blob. */
  readonly at: number
  readonly bytes: number
}

/**
 * What comes next for a reader who is at this offset of an output; `undefined` at its end. What was
 * not kept is skipped.
 */
export function stretchAt(
  { bytes, headBytes = bytes }: TranscriptBlob,
  { offset, outputBytes }: { readonly offset: number; readonly outputBytes: number },
): Stretch | undefined {
  if (offset < headBytes) return { offset, at: offset, bytes: headBytes - offset }
  const missingBytes = outputBytes - bytes
  const from = Math.max(offset, headBytes + missingBytes)
  const at = from - missingBytes
  return at < bytes ? { offset: from, at, bytes: bytes - at } : undefined
}
