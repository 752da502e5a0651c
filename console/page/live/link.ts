import { computed, signal, type ReadonlySignal } from '@preact/signals'
import {
  LIVE_PATH,
  SUBPROTOCOL,
  type Channel,
  type Command,
  type TasksView,
} from '../../protocol.ts'
import { begin, step, type Connection, type Effect, type Input } from './connection.ts'
import { stale } from './freshness.ts'
import { parseMessage, parseOutput } from './frames.ts'
import type { Answer } from './outbox.ts'
import type { WindowSubscription } from './channels.ts'

/** Between two looks at the clock: of the connection, and of everything that shows an age. */
const TICK_MS = 250
const AGE_MS = 1_000

/** Takes the bytes of one attempt, in order; what is missing was not kept by the node. */
export interface OutputSink {
  bytes(offset: number, bytes: Uint8Array): void
  /** @param failure why there is no more of it, though there may be. */
  ended(offset: number, failure?: string): void
}

export interface Following {
  /** The sink has dealt with every byte before `offset`. */
  ack(offset: number): void
  close(): void
}

/** Drives `step`: one socket, one clock, and signals of what the page knows. */
export class Link {
  /** The newest state; `shown` stands still while the reader has paused the page. */
  readonly newest: ReadonlySignal<Connection>
  readonly shown: ReadonlySignal<Connection>
  readonly paused = signal(false)
  /** The page's clock, once a second. */
  readonly nowMs: ReadonlySignal<number>
  /** What to add to the page's clock for that of the node. Parts look at these, which seldom change. */
  readonly skewMs: ReadonlySignal<number>
  /** What is shown is too old to act on. */
  readonly old: ReadonlySignal<boolean>

  readonly #newest
  readonly #now = signal(Date.now())
  readonly #sinks = new Map<Channel, OutputSink>()
  readonly #waiting = new Map<string, (answer: Answer) => void>()
  readonly #subscribers = new Map<Channel, number>()
  readonly #timers: readonly ReturnType<typeof setInterval>[]
  readonly #seen = (): void => this.#input({ type: 'visible', visible: visible() })
  #socket: WebSocket | undefined

  constructor(key: string) {
    const [state, effects] = begin(key, visible(), Date.now())
    this.#newest = signal(state)
    this.newest = this.#newest
    this.nowMs = this.#now
    let last = state
    this.shown = computed(() => (this.paused.value ? last : (last = this.#newest.value)))
    this.skewMs = computed(() => this.#newest.value.skewMs)
    this.old = computed(() => stale(this.shown.value, this.#now.value))
    this.#timers = [
      setInterval(() => this.#input({ type: 'ticked', chance: Math.random() }), TICK_MS),
      setInterval(() => (this.#now.value = Date.now()), AGE_MS),
    ]
    document.addEventListener('visibilitychange', this.#seen)
    effects.forEach((effect) => this.#perform(effect))
  }

  /** What is held of a channel; several parts of the page may look at the same one. */
  subscribe(channel: Channel, view?: TasksView): () => void {
    this.#subscribers.set(channel, (this.#subscribers.get(channel) ?? 0) + 1)
    this.#input({ type: 'subscribed', channel, ...(view && { view }) })
    // A part that asks anew, for another view, is there before the end of this turn: it keeps the rows.
    return () => queueMicrotask(() => this.#unsubscribe(channel))
  }

  window(channel: Channel): ReadonlySignal<WindowSubscription | undefined> {
    return computed(() => {
      const found = this.shown.value.channels.get(channel)
      return found?.type === 'window' ? found : undefined
    })
  }

  /** The output of an attempt from a byte on, live, over any number of connections. */
  follow(channel: Channel, from: number, sink: OutputSink): Following {
    this.#sinks.set(channel, sink)
    this.#input({ type: 'subscribed', channel, from })
    return {
      ack: (offset) => this.#input({ type: 'acked', channel, offset }),
      close: () => {
        this.#sinks.delete(channel)
        this.#input({ type: 'unsubscribed', channel })
      },
    }
  }

  /** Resolves once the node has answered, or after 30 s in which it did not. Never rejects. */
  ask(cmd: Command, idem: string): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.set(idem, resolve)
      this.#input({ type: 'asked', idem, cmd })
    })
  }

  close(): void {
    this.#timers.forEach(clearInterval)
    document.removeEventListener('visibilitychange', this.#seen)
    this.#disconnect()
  }

  #unsubscribe(channel: Channel): void {
    const left = (this.#subscribers.get(channel) ?? 1) - 1
    this.#subscribers.set(channel, left)
    if (left === 0) this.#input({ type: 'unsubscribed', channel })
  }

  #input(input: Input): void {
    const [state, effects] = step(this.#newest.peek(), input, Date.now())
    this.#newest.value = state
    effects.forEach((effect) => this.#perform(effect))
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'connect':
        return this.#connect()
      case 'disconnect':
        return this.#disconnect()
      case 'send':
        return this.#socket?.send(JSON.stringify(effect.message))
      case 'settle':
        this.#waiting.get(effect.idem)?.(effect.answer)
        this.#waiting.delete(effect.idem)
        return
      case 'output': {
        const { output } = effect
        const sink = this.#sinks.get(output.channel)
        if ('bytes' in output) sink?.bytes(output.offset, output.bytes)
        else sink?.ended(output.offset, output.failure)
      }
    }
  }

  #connect(): void {
    const url = new URL(LIVE_PATH, location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    const socket = new WebSocket(url, SUBPROTOCOL)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => this.#input({ type: 'opened' })
    socket.onclose = ({ code }) => this.#input({ type: 'closed', code, chance: Math.random() })
    socket.onmessage = ({ data }) => this.#heard(data)
    this.#socket = socket
  }

  /** What a socket that was given up still says is not listened to. */
  #disconnect(): void {
    const socket = this.#socket
    if (!socket) return
    this.#socket = undefined
    socket.onopen = socket.onclose = socket.onmessage = null
    socket.close()
  }

  #heard(frame: unknown): void {
    if (frame instanceof ArrayBuffer) {
      const output = parseOutput(frame)
      if (output) this.#input({ type: 'received', frame: output })
      return
    }
    const message = typeof frame === 'string' ? parseMessage(frame) : undefined
    if (message) this.#input({ type: 'heard', message, chance: Math.random() })
  }
}

function visible(): boolean {
  return document.visibilityState === 'visible'
}
