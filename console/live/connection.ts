import { permits, type Principal } from '../../actors/doors/principal.ts'
import type { Fleet } from '../../actors/fleet.ts'
import { RuntimeError, unreachable } from '../../runtime/errors.ts'
import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import { Bucket } from '../gate/bucket.ts'
import type { Socket, SocketListener } from '../http/server.ts'
import type { ConsoleLimits } from '../limits.ts'
import { type Channel, CLOSE, type FromNode, type FromPage, type TasksView } from '../protocol.ts'
import type { Commands } from './commands.ts'
import { FRAME_BYTES_MAX, frameOf } from './frames.ts'
import type { Hub } from './hub.ts'
import { parseMessage } from './messages.ts'
import { TerminalFeed } from './terminal-feed.ts'
import { type Lost, lostBy, type Viewer } from './view.ts'

/**
 * One page on one socket, from its hello to its end. What it may take is decided here for all its
 * channels: while `QUEUED_HIGH` bytes wait in its socket nothing is sent, and once they are fewer
 * than `QUEUED_LOW` each channel sends what is newest then. A page that takes nothing for
 * `STALLED_MS` is closed.
 */
export interface ConnectionPorts {
  readonly fleet: Fleet
  readonly clock: Clock
  readonly hub: Hub
  readonly commands: Commands
  readonly limits: ConsoleLimits
  readonly welcome: Omit<Extract<FromNode, { t: 'welcome' }>, 't' | 'user' | 'nowMs'>
  /** Whose key this is, if it may have another socket. */
  join(connection: Connection, key: string): Principal | 'unknown' | 'crowded'
  /** It is over. `key`: what it joined with, if it did. */
  left(connection: Connection, key: string | undefined): void
  unexpected(failure: unknown, what: string): void
}

const QUEUED_HIGH = 256 * 1024
const QUEUED_LOW = 64 * 1024
const QUEUED_MAX = 1024 * 1024
const STALLED_MS = 10_000
/** A page in a hidden tab is told less often. Unit: ms. */
export const HIDDEN_TICK_MS = 5_000

/** When a page that is closed for a reason of its own should come again. Unit: ms. */
const RETRY_MS = 1_000

interface Open {
  /** Sends what is new, as far as the page can take it. */
  catchUp(): void
  close(): void
}

export class Connection implements SocketListener {
  readonly #ports: ConnectionPorts
  readonly #socket: Socket
  readonly #bucket: Bucket
  readonly #channels = new Map<Channel, Open>()
  readonly #terminals = new Map<Channel, TerminalFeed>()
  readonly #hello: Timer
  #principal: Principal | undefined
  #key: string | undefined
  #visible = true
  /** A hidden page may be told something now. */
  #due = false
  /** Too much waits in its socket: how much, and since when it is not less. */
  #stuck: { readonly bytes: number; readonly sinceMs: number } | undefined
  #commands = 0
  #handles = 0
  #over = false

  constructor(socket: Socket, ports: ConnectionPorts) {
    this.#socket = socket
    this.#ports = ports
    const { clock, limits } = ports
    const rate = { burst: limits.messagesBurst, perSecond: limits.messagesPerSecond }
    this.#bucket = new Bucket(rate, clock.monotonicMs())
    this.#hello = clock.after(limits.helloMs, () => this.close('unauthenticated'))
  }

  get visible(): boolean {
    return this.#visible
  }

  /** Its key says something else now. */
  become(principal: Principal): void {
    this.#principal = principal
  }

  message(bytes: Uint8Array, kind: 'text' | 'binary'): void {
    if (this.#over) return
    if (bytes.length > FRAME_BYTES_MAX) return this.close('tooBig')
    if (this.#bucket.take(this.#ports.clock.monotonicMs()) > 0) return this.close('rate')
    const message = kind === 'text' ? parseMessage(bytes) : undefined
    if (!message) return this.close('malformed')
    if (message.t === 'hello') this.#greet(message)
    else if (this.#principal) this.#heard(message, this.#principal)
    else this.close('unauthenticated')
  }

  drained(): void {
    this.check()
  }

  closed(): void {
    if (this.#over) return
    this.#over = true
    this.#hello.cancel()
    for (const channel of this.#channels.values()) channel.close()
    this.#channels.clear()
    this.#ports.left(this, this.#key)
  }

  /** A hidden page is told what is new. */
  tick(): void {
    if (this.#visible) return
    this.#due = true
    this.#catchUp()
    this.#due = false
  }

  /** Lets a page that takes again have what is new; closes one that has taken nothing for too long. */
  check(): void {
    const stuck = this.#stuck
    if (!stuck) return
    const nowMs = this.#ports.clock.monotonicMs()
    const bytes = this.#socket.queuedBytes
    if (bytes > QUEUED_LOW) {
      if (bytes < stuck.bytes) this.#stuck = { bytes, sinceMs: nowMs }
      else if (nowMs - stuck.sinceMs >= STALLED_MS || bytes > QUEUED_MAX) this.close('slow')
      return
    }
    this.#stuck = undefined
    this.#catchUp()
  }

  /** @param retryMs when the page should come again. */
  close(why: keyof typeof CLOSE, retryMs = RETRY_MS): void {
    if (this.#over) return
    const bye = BYES[why]
    if (bye) this.#say({ t: 'bye', why: bye, retryMs })
    this.closed()
    this.#socket.close(CLOSE[why], why)
  }

  #greet({ key, visible }: Extract<FromPage, { t: 'hello' }>): void {
    if (this.#principal) return this.close('malformed')
    this.#hello.cancel()
    const principal = this.#ports.join(this, key)
    if (principal === 'unknown') return this.close('unauthenticated')
    if (principal === 'crowded') return this.close('rate')
    this.#principal = principal
    this.#key = key
    this.#visible = visible
    const { welcome, clock } = this.#ports
    const { name, role } = principal
    this.#say({ t: 'welcome', ...welcome, nowMs: clock.wallMs(), user: { name, role } })
  }

  #heard(message: Exclude<FromPage, { t: 'hello' }>, principal: Principal): void {
    switch (message.t) {
      case 'visible':
        return this.#show(message.visible)
      case 'sub':
        return this.#open(message)
      case 'unsub':
        return this.#shut(message.ch)
      case 'ack':
        return this.#terminals.get(message.ch)?.ack(message.offset)
      case 'cmd':
        return this.#command(message, principal)
      default:
        return unreachable(message)
    }
  }

  #show(visible: boolean): void {
    this.#visible = visible
    if (visible) this.#catchUp()
  }

  #open({ ch, view = WHOLE, from = 0 }: Extract<FromPage, { t: 'sub' }>): void {
    this.#shut(ch)
    if (this.#channels.size >= this.#ports.limits.channelsMax) return this.close('rate')
    try {
      if (ch.startsWith('term:')) this.#openTerminal(ch, from)
      else this.#openView(ch as ViewChannel, view)
    } catch (failure) {
      if (!(failure instanceof RuntimeError)) this.#ports.unexpected(failure, ch)
      this.#lost(ch, lostBy(failure))
    }
  }

  #openView(ch: ViewChannel, view: TasksView): void {
    const viewer: Viewer = {
      at: undefined,
      // A first snapshot is sent to a hidden page, too: it was asked for just now.
      ready: () => (this.#visible || this.#due || viewer.at === undefined) && this.#ready(),
      send: (frame) => this.#socket.send(frame, 'text'),
      lost: (why) => this.#lost(ch, why),
    }
    this.#channels.set(ch, this.#ports.hub.look(ch, view, viewer))
  }

  #openTerminal(ch: Channel, from: number): void {
    const [id = '', attempt = ''] = ch.slice('term:'.length).split('/')
    const feed = new TerminalFeed({
      ...{ ch, id, from, fleet: this.#ports.fleet },
      attempt: Number(attempt),
      handle: ++this.#handles,
      ready: () => this.#ready(),
      send: (frame, kind) => this.#socket.send(frame, kind),
    })
    this.#channels.set(ch, feed)
    this.#terminals.set(ch, feed)
  }

  #shut(ch: Channel): void {
    this.#channels.get(ch)?.close()
    this.#channels.delete(ch)
    this.#terminals.delete(ch)
  }

  #lost(ch: Channel, why: Lost): void {
    this.#channels.delete(ch)
    this.#say({ t: 'reset', ch, why })
  }

  #command({ id, idem, cmd, ...rest }: Extract<FromPage, { t: 'cmd' }>, by: Principal): void {
    const { commands, limits } = this.#ports
    if (!permits(by.role, 'operator')) return this.#say({ t: 'res', id, err: NOT_ALLOWED })
    if (this.#commands >= limits.commandsMax) return this.#say({ t: 'res', id, err: TOO_MANY })
    this.#commands += 1
    void commands.run({ by, key: idem, try: rest.try, command: cmd }).then((result) => {
      this.#commands -= 1
      this.#say({ t: 'res', id, ...result })
    })
  }

  /** Room in its socket. */
  #ready(): boolean {
    if (this.#over || this.#stuck) return false
    const bytes = this.#socket.queuedBytes
    if (bytes <= QUEUED_HIGH) return true
    this.#stuck = { bytes, sinceMs: this.#ports.clock.monotonicMs() }
    return false
  }

  #catchUp(): void {
    for (const channel of this.#channels.values()) channel.catchUp()
  }

  #say(message: FromNode): void {
    if (!this.#over) this.#socket.send(frameOf(message), 'text')
  }
}

type ViewChannel = Exclude<Channel, `term:${string}`>

/** What a page that names no window is shown. */
const WHOLE = { limit: 50 }

/** What is said before a socket is closed, where there is something to say. */
const BYES: Partial<Record<keyof typeof CLOSE, 'drain' | 'auth' | 'slow'>> = {
  draining: 'drain',
  unauthenticated: 'auth',
  slow: 'slow',
}

const NOT_ALLOWED = {
  code: 'PERMISSION_DENIED',
  message: 'Cannot allow that: it takes the role "operator"',
  details: { needed: 'operator' },
}
const TOO_MANY = {
  code: 'RESOURCE_EXHAUSTED',
  message: 'Cannot take the command: too many are not answered yet',
  details: {},
  retryMs: RETRY_MS,
}
