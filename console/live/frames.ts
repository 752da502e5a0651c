import type { Channel, FromNode, Row } from '../protocol.ts'
import { TERM_HEADER_BYTES } from '../protocol.ts'

/** Frames as bytes, encoded once for all who get them. */

/** Bytes of a frame that leaves. */
export const FRAME_BYTES_MAX = 64 * 1024

/** Room that a frame's own fields take beside its rows, at most. */
const ENVELOPE_BYTES = 2 * 1024

const encoder = new TextEncoder()

export function frameOf(message: FromNode): Uint8Array {
  return encoder.encode(JSON.stringify(message))
}

/** A row as JSON, with how many bytes that is. */
export interface EncodedRow {
  readonly json: string
  readonly bytes: number
}

export function encodedRow(row: Row): EncodedRow {
  const json = JSON.stringify(row)
  return { json, bytes: Buffer.byteLength(json) }
}

/** What is the same in every frame about one state of a view. */
export interface Envelope {
  readonly ch: Channel
  readonly ep: string
  readonly s: number
  readonly total?: number
  readonly counts?: Readonly<Record<string, number>>
  readonly cursor?: string
  readonly asofMs: number
}

/** The whole window, in as many frames as it takes. */
export function snapshotFrames(envelope: Envelope, rows: readonly EncodedRow[]): Uint8Array[] {
  const parts = parted(rows)
  return parts.map((part, at) =>
    withRows({ t: 'snap', ...envelope, part: at, parts: parts.length }, 'rows', part),
  )
}

/** What is new since `f`; `undefined` when that is too much for a frame. */
export function deltaFrame(
  { cursor: _, ...envelope }: Envelope,
  f: number,
  rows: readonly EncodedRow[],
  rm: readonly string[],
): Uint8Array | undefined {
  const frame = withRows({ t: 'd', ...envelope, f, rm }, 'up', rows)
  return frame.length <= FRAME_BYTES_MAX ? frame : undefined
}

/** Rows are put in as they are: each was made into JSON once, not once a frame. */
function withRows(message: object, field: string, rows: readonly EncodedRow[]): Uint8Array {
  const fields = JSON.stringify(message).slice(1, -1)
  return encoder.encode(`{${fields},"${field}":[${rows.map(({ json }) => json).join(',')}]}`)
}

/** At least one part, so that an empty window is told as well. */
function parted(rows: readonly EncodedRow[]): EncodedRow[][] {
  const parts: EncodedRow[][] = [[]]
  let room = FRAME_BYTES_MAX - ENVELOPE_BYTES
  for (const row of rows) {
    if (row.bytes + 1 > room && parts.at(-1)?.length !== 0) {
      parts.push([])
      room = FRAME_BYTES_MAX - ENVELOPE_BYTES
    }
    parts.at(-1)?.push(row)
    room -= row.bytes + 1
  }
  return parts
}

/** `u8 type (1) · u32 handle · u64 offset of the first byte · bytes`, big-endian. */
export function terminalFrame(handle: number, offset: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(TERM_HEADER_BYTES + bytes.length)
  const view = new DataView(frame.buffer)
  view.setUint8(0, 1)
  view.setUint32(1, handle)
  view.setBigUint64(5, BigInt(offset))
  frame.set(bytes, TERM_HEADER_BYTES)
  return frame
}
