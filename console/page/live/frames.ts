import { TERM_HEADER_BYTES, type FromNode } from '../../protocol.ts'

/** Bytes of an attempt's terminal, as a binary frame carries them. */
export interface OutputFrame {
  readonly handle: number
  /** Of the first byte, in the output of the attempt. */
  readonly offset: number
  readonly bytes: Uint8Array
}

const OUTPUT = 1

const TYPES: ReadonlySet<unknown> = new Set<FromNode['t']>([
  ...(['welcome', 'snap', 'd', 'bm', 'reset', 'res', 'term', 'bye'] as const),
])

/** `undefined` for what no node of this build sends. */
export function parseMessage(text: string): FromNode | undefined {
  const message: unknown = parseJson(text)
  const known = typeof message === 'object' && message !== null && 't' in message
  return known && TYPES.has(message.t) ? (message as FromNode) : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `undefined` for a frame of a type that this build does not know. */
export function parseOutput(frame: ArrayBuffer): OutputFrame | undefined {
  if (frame.byteLength < TERM_HEADER_BYTES) return undefined
  const header = new DataView(frame)
  if (header.getUint8(0) !== OUTPUT) return undefined
  return {
    handle: header.getUint32(1),
    offset: Number(header.getBigUint64(5)),
    bytes: new Uint8Array(frame, TERM_HEADER_BYTES),
  }
}
