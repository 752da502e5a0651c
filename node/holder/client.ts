/**
 * The real form of the terminals port: what a node knows of its holder. It routes each attempt to
 * the generation that holds it, sends again what a lost connection left unanswered, and says every
 * exit until it is forgotten.
 */
import {
  type AttemptKey,
  type EndReason,
  type Exit,
  type Following,
  formatKey,
  type Held,
  type OutputSink,
  type Renewal,
  type StartResult,
  type Subscription,
  type TerminalSize,
  type TerminalSpec,
  type Terminals,
} from '../../actors/terminals.ts'
import { bootClockMs } from './boot-clock.ts'
import { Follower } from './following.ts'
import type { HolderStart } from './launch.ts'
import type { Link } from './link.ts'
import { Links } from './links.ts'
import type { HolderHealth } from './protocol.ts'
import { discardOutput, outputFile } from './terminal/finished.ts'
import { LADDER_DEFAULTS } from './terminal/ladder.ts'
import { whyInvalid } from './terminal/program.ts'

export interface HolderClient extends Terminals {
  /** `undefined` while lost. */
  health(): HolderHealth | undefined
  /** Process ids of the living holders, the current one first. */
  holders(): readonly number[]
  /** A new generation takes what is new; the present one drains and leaves when it is empty. */
  upgrade(): void
  /** The holder and all terminals stay. */
  close(): void
}

/** Options of `HolderStart`; those with a default may be left out. */
export type HolderClientOptions = Pick<HolderStart, 'data' | 'store' | 'build'> &
  Partial<HolderStart> & {
    /** A holder that does not answer for so long is left, thrice in a row is killed. Default 5 s. */
    readonly silentMs?: number
  }

/** As much as the holder keeps for a command that does not read. */
const INPUT_BYTES_MAX = 1024 * 1024

const DEFAULTS = {
  terminalsMax: 1_000,
  processesMax: 1_024,
  ladder: LADDER_DEFAULTS,
  lonelyMs: 60_000,
  cgroups: true,
  silentMs: 5_000,
}

/** Connects to the holder of this data directory, or starts one. */
export function createHolderClient(options: HolderClientOptions): HolderClient {
  const { silentMs, ...start } = { ...DEFAULTS, ...options }
  return new Client(start, silentMs)
}

type ExitListener = (key: AttemptKey, exit: Exit) => void
type StateListener = (state: 'ready' | 'lost') => void
interface PendingStart {
  readonly spec: TerminalSpec
  readonly answered: (result: StartResult) => void
}

class Client implements HolderClient {
  readonly #data: string
  readonly #links: Links
  /** The link to the holder of each attempt that is held. */
  readonly #owners = new Map<string, Link>()
  /** Said, and to be said to who comes later, until forgotten. */
  readonly #exits = new Map<string, { readonly key: AttemptKey; readonly exit: Exit }>()
  readonly #followers = new Set<Follower>()
  readonly #exitListeners = new Set<ExitListener>()
  readonly #stateListeners = new Set<StateListener>()
  /** Not answered yet. */
  readonly #openStarts = new Set<PendingStart>()
  /** Those of them that wait for a holder. */
  #pendingStarts: PendingStart[] = []
  #state: 'ready' | 'lost' = 'lost'

  constructor(start: Omit<HolderStart, 'generation'>, silentMs: number) {
    this.#data = start.data
    this.#links = new Links({
      start,
      silentMs,
      exited: ({ key, exit }) => this.#exited(key, exit),
      opened: (link, held) => this.#opened(link, held),
      closed: (link) => this.#closed(link),
    })
  }

  nowMs(): number {
    return bootClockMs()
  }

  start(spec: TerminalSpec, answered: (result: StartResult) => void): void {
    const detail = whyInvalid(spec)
    if (detail)
      return queueMicrotask(() => answered({ type: 'refused', reason: 'invalid', detail }))
    const link = this.#ownerOf(spec.key)
    if (!link || this.#state !== 'ready') return queueMicrotask(() => answered(LOST))
    const open: PendingStart = {
      spec,
      answered: (result) => {
        this.#openStarts.delete(open)
        answered(result)
      },
    }
    this.#openStarts.add(open)
    this.#startAt(link, open)
  }

  renew(renewals: readonly Renewal[], acknowledged: (bound: boolean) => void): void {
    const links = this.#links.all()
    if (this.#state === 'lost') return queueMicrotask(() => acknowledged(false))
    let waiting = links.length
    let bound = true
    for (const link of links) {
      link.ask({ type: 'renew', renewals }, (answer) => {
        bound &&= answer?.type === 'renewed'
        waiting -= 1
        if (waiting === 0) acknowledged(bound)
      })
    }
  }

  end(key: AttemptKey, reason: EndReason): void {
    this.#ownerOf(key)?.send({ type: 'end', key, reason })
  }

  write(key: AttemptKey, bytes: Uint8Array): void {
    if (bytes.length > INPUT_BYTES_MAX) return
    this.#ownerOf(key)?.send({ type: 'write', key, bytes })
  }

  resize(key: AttemptKey, size: TerminalSize): void {
    this.#ownerOf(key)?.send({ type: 'resize', key, size })
  }

  list(answered: (held: readonly Held[] | undefined) => void): void {
    const links = this.#links.all()
    if (this.#state === 'lost') return queueMicrotask(() => answered(undefined))
    let found: readonly Held[] | undefined = []
    let waiting = links.length
    const asked = [...this.#openStarts]
    const complete = (): void => {
      // Answered by now, unless it moved to another holder: that one has to be asked again.
      if (found && asked.some((start) => this.#openStarts.has(start))) this.list(answered)
      else answered(found)
    }
    for (const link of links) {
      link.ask({ type: 'list' }, (answer) => {
        found = answer?.type === 'held' && found ? [...found, ...answer.held] : undefined
        waiting -= 1
        if (waiting === 0) complete()
      })
    }
  }

  forget(key: AttemptKey): void {
    this.#ownerOf(key)?.send({ type: 'forget', key })
    this.#exits.delete(formatKey(key))
    this.#owners.delete(formatKey(key))
  }

  outputFile(key: AttemptKey): string {
    return outputFile(key)
  }

  discard(tasks: readonly string[], done: (error?: Error) => void): void {
    discardOutput(this.#data, tasks).then(
      () => done(),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    )
  }

  follow(key: AttemptKey, fromOffset: number, sink: OutputSink): Following {
    const done = (): void => void this.#followers.delete(follower)
    const follower: Follower = new Follower({ data: this.#data, key, fromOffset, sink, done })
    this.#followers.add(follower)
    const link = this.#ownerOf(key)
    if (link) follower.attach(link)
    return follower
  }

  onExit(listener: ExitListener): Subscription {
    this.#exitListeners.add(listener)
    const owed = [...this.#exits.values()]
    queueMicrotask(() => {
      for (const { key, exit } of owed) if (this.#exitListeners.has(listener)) listener(key, exit)
    })
    return { cancel: () => void this.#exitListeners.delete(listener) }
  }

  onState(listener: StateListener): Subscription {
    let cancelled = false
    queueMicrotask(() => {
      if (cancelled) return
      this.#stateListeners.add(listener)
      listener(this.#state)
    })
    return {
      cancel: () => {
        cancelled = true
        this.#stateListeners.delete(listener)
      },
    }
  }

  health(): HolderHealth | undefined {
    return this.#links.current?.welcome?.health
  }

  holders(): readonly number[] {
    const { current } = this.#links
    const others = this.#links.all().filter((each) => each !== current)
    const all = current ? [current, ...others] : others
    return all.flatMap((each) => each.welcome?.pid ?? [])
  }

  upgrade(): void {
    this.#links.upgrade()
    this.#settle()
  }

  close(): void {
    this.#stateListeners.clear()
    this.#exitListeners.clear()
    this.#links.close()
    const unanswered = this.#pendingStarts
    this.#pendingStarts = []
    for (const { answered } of unanswered) queueMicrotask(() => answered(LOST))
  }

  #ownerOf(key: AttemptKey): Link | undefined {
    return this.#owners.get(formatKey(key)) ?? this.#links.current
  }

  #startAt(link: Link, pending: PendingStart): void {
    const { spec, answered } = pending
    link.ask({ type: 'start', spec }, (answer) => {
      const drains = answer?.type === 'refused' && answer.reason === 'lost'
      if (drains) this.#links.refused(link)
      if (!answer || drains) {
        this.#pendingStarts.push(pending)
        return this.#settle()
      }
      if (answer.type === 'refused') {
        return answered({ type: 'refused', reason: answer.reason, detail: answer.detail })
      }
      this.#owners.set(formatKey(spec.key), link)
      answered({ type: 'started' })
    })
  }

  #opened(link: Link, held: readonly Held[]): void {
    for (const each of held) {
      this.#owners.set(formatKey(each.key), link)
      if (each.type === 'exited') this.#exited(each.key, each.exit)
    }
    this.#settle()
  }

  #closed(link: Link): void {
    for (const [name, owner] of this.#owners) if (owner === link) this.#owners.delete(name)
    for (const follower of this.#followers) follower.detach(link)
    this.#settle()
  }

  /** Compares the state with the links, and goes on with what waited for one. */
  #settle(): void {
    const { current } = this.#links
    if (current) this.#goOn(current)
    const state = current ? 'ready' : 'lost'
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#stateListeners) listener(state)
  }

  #goOn(current: Link): void {
    for (const follower of this.#followers) {
      follower.attach(this.#ownerOf(follower.key) ?? current)
    }
    const pending = this.#pendingStarts
    this.#pendingStarts = []
    for (const each of pending) this.#startAt(this.#ownerOf(each.spec.key) ?? current, each)
  }

  #exited(key: AttemptKey, exit: Exit): void {
    const name = formatKey(key)
    if (this.#exits.has(name)) return
    this.#exits.set(name, { key, exit })
    for (const listener of this.#exitListeners) listener(key, exit)
  }
}

const LOST: StartResult = { type: 'refused', reason: 'lost', detail: 'There is no holder' }
