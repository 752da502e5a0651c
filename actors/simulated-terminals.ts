/**
 * The simulated form of the terminals port: one life of a node program, connected to a
 * `SimulatedHolder` that may be older than it and outlive it. Every call takes a moment of virtual
 * time, in order; when this life is over, nothing of it is heard again.
 */
import type { Clock } from '../runtime/scheduling/clock.ts'
import type { Random } from '../runtime/scheduling/random.ts'
import type { SimulatedHolder } from './simulated-holder.ts'
import {
  type AttemptKey,
  type Exit,
  type Following,
  formatKey,
  type OutputSink,
  type StartResult,
  type TerminalSpec,
  type Terminals,
} from './terminals.ts'

export interface SimulatedTerminals extends Terminals {
  /** This life of the node ends, as if killed. The holder goes on. */
  stop(): void
}

export interface SimulatedTerminalsOptions {
  readonly clock: Clock
  readonly random: Random
  /** Longest time a message takes, either way. Unit: ms. Default 3. */
  readonly latencyMs?: number
}

interface PendingStart {
  readonly spec: TerminalSpec
  readonly answered: (result: StartResult) => void
}

interface Follower {
  readonly key: AttemptKey
  readonly sink: OutputSink
  offset: number
  paused: boolean
}

export function simulatedTerminals(
  holder: SimulatedHolder,
  options: SimulatedTerminalsOptions,
): SimulatedTerminals {
  const { clock, random, latencyMs = 3 } = options
  const exitListeners = new Set<(key: AttemptKey, exit: Exit) => void>()
  const stateListeners = new Set<(state: 'ready' | 'lost') => void>()
  const exits = new Map<string, { key: AttemptKey; exit: Exit }>()
  const followers = new Set<Follower>()
  const pendingStarts = new Set<PendingStart>()
  /** Grows with every crash: what was asked of a former holder is answered by nobody. */
  let era = 0
  let stopped = false
  let state: 'ready' | 'lost' = 'lost'
  let lastMs = 0

  /** Later and in order, as over a socket; never once this life is over. */
  const soon = (run: () => void): void => {
    const atMs = Math.max(lastMs, clock.monotonicMs() + random.below(latencyMs + 1))
    lastMs = atMs
    clock.after(atMs - clock.monotonicMs(), () => {
      if (!stopped) run()
    })
  }

  /** There and back. `lost` runs instead if the holder died meanwhile. */
  const ask = <T>(question: () => T, answered: (answer: T) => void, lost: () => void): void => {
    const asked = era
    soon(() => {
      if (asked !== era || !holder.up) return lost()
      const answer = question()
      soon(() => (asked === era ? answered(answer) : lost()))
    })
  }

  const tell = (what: () => void): void => ask(what, nothing, nothing)

  const sendStart = (pending: PendingStart): void => {
    pendingStarts.add(pending)
    const answered = (result: StartResult): void => {
      pendingStarts.delete(pending)
      pending.answered(result)
    }
    // A lost one stays pending: the successor is asked again.
    ask(() => holder.start(pending.spec), answered, nothing)
  }

  const owe = (key: AttemptKey, exit: Exit): void => {
    if (exits.has(formatKey(key))) return
    exits.set(formatKey(key), { key, exit })
    for (const listener of exitListeners) listener(key, exit)
  }

  const feed = (follower: Follower): void => {
    if (!hungry(follower) || !followers.has(follower) || !holder.up) return
    const output = holder.output(follower.key)
    if (!output) {
      followers.delete(follower)
      return follower.sink.gone()
    }
    const { bytes, exit } = output
    const offset = follower.offset
    follower.offset = Math.max(offset, bytes.length)
    if (bytes.length > offset) follower.sink.bytes(offset, bytes.subarray(offset))
    if (exit && hungry(follower) && followers.delete(follower)) follower.sink.end(exit)
  }

  const become = (next: 'ready' | 'lost'): void => {
    state = next
    for (const listener of stateListeners) listener(next)
  }

  const connect = (): void =>
    soon(() => {
      if (!holder.up) return
      for (const held of holder.held()) if (held.type === 'exited') owe(held.key, held.exit)
      for (const pending of pendingStarts) sendStart(pending)
      become('ready')
      for (const follower of followers) feed(follower)
    })

  holder.listen({
    exited: (key, exit) => soon(() => owe(key, exit)),
    grown(key) {
      const name = formatKey(key)
      for (const each of followers) if (formatKey(each.key) === name) soon(() => feed(each))
    },
    state(next) {
      if (next === 'ready') return connect()
      era += 1
      become('lost')
    },
  })
  if (holder.up) connect()

  return {
    nowMs: () => holder.nowMs(),
    start(spec, answered) {
      if (state === 'ready') return sendStart({ spec, answered })
      const lost = { type: 'refused', reason: 'lost', detail: 'There is no holder' } as const
      soon(() => answered(lost))
    },
    renew(renewals, acknowledged) {
      const bind = (): void => renewals.forEach(({ key, leash }) => holder.renew(key, leash))
      ask(
        bind,
        () => acknowledged(true),
        () => acknowledged(false),
      )
    },
    end: (key, reason) => tell(() => holder.end(key, reason)),
    write: (key, bytes) => tell(() => holder.write(key, bytes)),
    resize: (key, size) => tell(() => holder.resize(key, size)),
    list: (answered) =>
      ask(
        () => holder.held(),
        answered,
        () => answered(undefined),
      ),
    forget(key) {
      exits.delete(formatKey(key))
      tell(() => holder.forget(key))
    },
    outputFile: formatKey,
    discard(tasks, done) {
      soon(() => {
        holder.discard(tasks)
        done()
      })
    },
    follow(key, fromOffset, sink): Following {
      const follower: Follower = { key, sink, offset: fromOffset, paused: false }
      followers.add(follower)
      if (state === 'ready') soon(() => soon(() => feed(follower)))
      return {
        pause: () => void (follower.paused = true),
        resume: () => {
          follower.paused = false
          soon(() => feed(follower))
        },
        stop: () => void followers.delete(follower),
      }
    },
    onExit(listener) {
      exitListeners.add(listener)
      const owed = [...exits.values()]
      soon(() => {
        for (const { key, exit } of owed) if (exitListeners.has(listener)) listener(key, exit)
      })
      return { cancel: () => void exitListeners.delete(listener) }
    },
    onState(listener) {
      let cancelled = false
      soon(() => {
        if (cancelled) return
        stateListeners.add(listener)
        listener(state)
      })
      return {
        cancel() {
          cancelled = true
          stateListeners.delete(listener)
        },
      }
    },
    stop() {
      stopped = true
      holder.listen(undefined)
    },
  }
}

/** Asked again after every call of a sink, which may pause. */
function hungry(follower: Follower): boolean {
  return !follower.paused
}

function nothing(): void {}
