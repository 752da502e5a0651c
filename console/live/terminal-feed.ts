import type { Fleet, Following } from '../../actors/fleet.ts'
import { lineOf } from '../../actors/doors/failure.ts'
import type { Attempt } from '../../actors/task/task.ts'
import type { Channel } from '../protocol.ts'
import { TERM_HEADER_BYTES } from '../protocol.ts'
import { FRAME_BYTES_MAX, frameOf, terminalFrame } from './frames.ts'

/**
 * The bytes of one attempt for one page. The page says how far it has parsed; beyond
 * `UNPARSED_BYTES_MAX` the output is paused for this page alone, and goes on where it was.
 */
export interface TerminalFeedOptions {
  readonly fleet: Fleet
  readonly ch: Channel
  readonly id: string
  readonly attempt: number
  readonly from: number
  /** Number of its binary frames, unique in the socket. */
  readonly handle: number
  /** False: the socket has enough to do; `catchUp` follows. */
  ready(): boolean
  send(frame: Uint8Array, kind: 'text' | 'binary'): void
}

const UNPARSED_BYTES_MAX = 512 * 1024
const CHUNK_BYTES_MAX = FRAME_BYTES_MAX - TERM_HEADER_BYTES

export class TerminalFeed {
  readonly #options: TerminalFeedOptions
  readonly #following: Following | undefined
  #sent: number
  #parsed: number
  #over = false

  constructor(options: TerminalFeedOptions) {
    this.#options = options
    this.#sent = options.from
    this.#parsed = options.from
    const { fleet, ch, handle, id, attempt, from, send } = options
    send(frameOf({ t: 'term', ch, handle, offset: from }), 'text')
    this.#following = fleet.output(
      { id, attempt, fromOffset: from, follow: true },
      {
        bytes: (offset, chunk) => this.#bytes(offset, chunk),
        end: (ended) => this.#end(ended),
        failed: (failure) => this.#last({ failure: lineOf(failure.message) }),
      },
    )
    if (this.#over) this.#following.close()
  }

  /** The page has parsed every byte before `offset`. */
  ack(offset: number): void {
    this.#parsed = Math.max(this.#parsed, Math.min(offset, this.#sent))
    this.catchUp()
  }

  catchUp(): void {
    if (this.#room()) this.#following?.resume()
  }

  close(): void {
    this.#over = true
    this.#following?.close()
  }

  #bytes(offset: number, chunk: Uint8Array): boolean {
    if (this.#over) return false
    const { handle, send } = this.#options
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES_MAX) {
      const piece = chunk.subarray(at, at + CHUNK_BYTES_MAX)
      send(terminalFrame(handle, offset + at, piece), 'binary')
    }
    this.#sent = offset + chunk.length
    return this.#room()
  }

  #room(): boolean {
    return this.#sent - this.#parsed < UNPARSED_BYTES_MAX && this.#options.ready()
  }

  /** Without an attempt there is no output (yet): the page may ask again once the task has moved. */
  #end(ended: Attempt | undefined): void {
    if (ended?.endedMs !== undefined) return this.#last({})
    if (this.#over) return
    this.#over = true
    const { ch, send } = this.#options
    send(frameOf({ t: 'reset', ch, why: 'gone' }), 'text')
  }

  #last(why: { readonly failure?: string }): void {
    if (this.#over) return
    this.#over = true
    const { ch, handle, send } = this.#options
    send(frameOf({ t: 'term', ch, handle, ended: true, offset: this.#sent, ...why }), 'text')
  }
}
