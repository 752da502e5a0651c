/**
 * The connections from a node to all living generations of its holder. Usually there is one. After
 * an upgrade there are two, of which the newer takes what is new and the older drains; after a
 * crash there is none, and one is launched, which sweeps before it listens.
 */
import { existsSync } from 'node:fs'
import { signalProcess } from './confinement/processes.ts'
import { type HolderStart, launchHolder } from './launch.ts'
import { alive, type Generation, generations, nextGeneration, socketPath } from './ledger.ts'
import { Link, type LinkOptions } from './link.ts'
import type { Held } from '../../actors/terminals.ts'

const LOOK_MS = 25
/** A launch that has not answered by now has failed; it includes a sweep of at most 5 s. */
const LAUNCH_MS = 15_000
/** Silent connections in a row after which a holder counts as frozen and is killed. */
const SILENT_MAX = 3

export interface LinksOptions {
  readonly start: Omit<HolderStart, 'generation'>
  readonly silentMs: LinkOptions['silentMs']
  readonly exited: LinkOptions['exited']
  /** A link is open, and this is what its holder holds. */
  readonly opened: (link: Link, held: readonly Held[]) => void
  readonly closed: (link: Link) => void
}

export class Links {
  readonly #options: LinksOptions
  /** Those whose holder said what it holds. */
  readonly #open = new Set<Link>()
  readonly #connecting = new Map<number, Link>()
  readonly #silent = new Map<number, number>()
  #timer: NodeJS.Timeout | undefined
  #launchedMs = -Infinity
  #generationMin = 0
  #stopped = false

  constructor(options: LinksOptions) {
    this.#options = options
    this.#lookIn(0)
  }

  /** Where new attempts start; `undefined` while there is no holder. */
  get current(): Link | undefined {
    return [...this.#open].filter((each) => this.#fresh(each)).sort(newestFirst)[0]
  }

  all(): readonly Link[] {
    return [...this.#open]
  }

  /** A new generation takes what is new; the others drain. */
  upgrade(): void {
    this.#generationMin = nextGeneration(this.#options.start.data)
    this.#launchedMs = -Infinity
    this.#lookIn(0)
  }

  /** The holder said that it takes nothing new. */
  refused(link: Link): void {
    if (link.welcome) link.welcome = { ...link.welcome, draining: true }
    this.#lookIn(0)
  }

  /** The holders stay. */
  close(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    for (const link of [...this.#open, ...this.#connecting.values()]) link.close()
  }

  #fresh(link: Link): boolean {
    const { welcome } = link
    const ours = welcome?.build === this.#options.start.build && welcome.version === 1
    return ours && !welcome.draining && link.generation >= this.#generationMin
  }

  #lookIn(delayMs: number): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), delayMs)
  }

  /** Connects to every living generation; launches one if none can take what is new. */
  #look(): void {
    const { start } = this.#options
    const known = generations(start.data)
    const living = known.filter(alive)
    for (const each of living) this.#maybeConnect(each)
    if (this.current) {
      if (living.length < known.length) this.current.send({ type: 'adopt' })
      return this.#drainOthers(this.current)
    }
    const coming = living.some((each) => this.#mayBecomeCurrent(each.generation))
    if (!coming && performance.now() - this.#launchedMs > LAUNCH_MS) {
      this.#launchedMs = performance.now()
      launchHolder({ ...start, generation: nextGeneration(start.data) })
    }
    this.#lookIn(LOOK_MS)
  }

  #mayBecomeCurrent(generation: number): boolean {
    const known = [...this.#open].find((each) => each.generation === generation)
    return known ? this.#fresh(known) : generation >= this.#generationMin
  }

  #maybeConnect(to: Generation): void {
    const { generation } = to
    const { data, store } = this.#options.start
    const has = [...this.#open].some((each) => each.generation === generation)
    if (has || this.#connecting.has(generation) || !existsSync(socketPath(data, generation))) return
    const link: Link = new Link(
      {
        data,
        generation,
        store,
        silentMs: this.#options.silentMs,
        exited: (exit) => this.#options.exited(exit),
        closed: () => this.#closed(link, to),
      },
      () => this.#welcomed(link),
    )
    this.#connecting.set(generation, link)
  }

  #welcomed(link: Link): void {
    link.ask({ type: 'list' }, (answer) => {
      if (answer?.type !== 'held') return
      this.#connecting.delete(link.generation)
      this.#silent.delete(link.generation)
      this.#open.add(link)
      if (this.#fresh(link)) this.#launchedMs = -Infinity
      this.#options.opened(link, answer.held)
      this.#lookIn(0)
    })
  }

  #closed(link: Link, to: Generation): void {
    if (this.#connecting.delete(link.generation) && link.connected) this.#wasSilent(to)
    if (this.#open.delete(link)) this.#options.closed(link)
    this.#lookIn(link.welcome ? 0 : LOOK_MS)
  }

  /** It lives and accepts but does not speak: then it keeps no leash either. */
  #wasSilent(to: Generation): void {
    const times = (this.#silent.get(to.generation) ?? 0) + 1
    this.#silent.set(to.generation, times)
    if (times >= SILENT_MAX && alive(to)) signalProcess(to.pid, 'SIGKILL')
  }

  #drainOthers(current: Link): void {
    for (const link of this.#open) {
      if (link === current || link.welcome?.draining) continue
      link.send({ type: 'drain' })
      if (link.welcome) link.welcome = { ...link.welcome, draining: true }
    }
  }
}

function newestFirst(a: Link, b: Link): number {
  return b.generation - a.generation
}
