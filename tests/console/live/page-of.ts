import type { Socket, SocketListener } from '../../../console/http/server.ts'
import type { Channel, FromNode, FromPage, Row } from '../../../console/protocol.ts'

/** A socket in memory: what is sent arrives at once, and waits in it while the other end takes nothing. */
export class MemorySocket implements Socket {
  readonly texts: FromNode[] = []
  readonly binaries: Uint8Array[] = []
  queuedBytes = 0
  /** The other end takes nothing. */
  stopped = false
  code: number | undefined
  listener: SocketListener | undefined

  send(bytes: Uint8Array, kind: 'text' | 'binary'): void {
    if (kind === 'text') this.texts.push(JSON.parse(new TextDecoder().decode(bytes)) as FromNode)
    else this.binaries.push(bytes.slice())
    if (this.stopped) this.queuedBytes += bytes.length
  }

  close(code: number): void {
    this.code = code
  }

  terminate(): void {
    this.code = 1006
  }

  /** The other end takes what waits, but for `left` bytes. */
  drain(left = 0): void {
    this.queuedBytes = left
    this.listener?.drained()
  }

  say(message: FromPage | Readonly<Record<string, unknown>> | string): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    this.listener?.message(new TextEncoder().encode(text), 'text')
  }

  /** The messages of one type, in order. */
  heard<T extends FromNode['t']>(type: T): Extract<FromNode, { t: T }>[] {
    return this.texts.filter((each): each is Extract<FromNode, { t: T }> => each.t === type)
  }
}

/** What a page makes of the messages of one channel, as the protocol says it has to. */
export class Mirror {
  readonly rows = new Map<string, Row>()
  total: number | undefined
  counts: Readonly<Record<string, number>> | undefined
  cursor: string | undefined
  at: number | undefined
  /** Deltas that did not fit. */
  gaps = 0

  take(message: FromNode): void {
    if (message.t === 'snap') {
      if (message.part === 0) this.rows.clear()
      for (const row of message.rows) this.rows.set(row.id, row)
      this.at = message.s
      this.cursor = message.cursor
    } else if (message.t === 'd') {
      if (message.f !== this.at) {
        this.gaps += 1
        return
      }
      for (const id of message.rm) this.rows.delete(id)
      for (const row of message.up) this.rows.set(row.id, row)
      this.at = message.s
    } else return
    this.total = message.total
    this.counts = message.counts
  }
}

export function mirrorOf(messages: readonly FromNode[], ch: Channel): Mirror {
  const mirror = new Mirror()
  for (const message of messages) if ('ch' in message && message.ch === ch) mirror.take(message)
  return mirror
}

/** Lets promises that are settled be heard of. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
}
