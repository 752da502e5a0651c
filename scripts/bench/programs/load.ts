import { setTimeout as pause } from 'node:timers/promises'

/** How hard and how long a client asks. */
export interface Load {
  /** Requests that are unanswered at any moment. */
  readonly inFlight: number
  /** Before anything is counted: compilers and connections warm up. Unit: ms. */
  readonly warmMs: number
  /** Counted. Unit: ms. */
  readonly countMs: number
}

export interface Count {
  /** Answers a second, between the end of the warming and the end of the count. */
  readonly rate: number
  /** All answers, those of the warming too. */
  readonly total: number
}

export async function counted({ warmMs, countMs }: Load, answered: () => number): Promise<Count> {
  await pause(warmMs)
  const [before, startedMs] = [answered(), performance.now()]
  await pause(countMs)
  const total = answered()
  return { rate: ((total - before) * 1_000) / (performance.now() - startedMs), total }
}

/** A load that does not wait for answers: so many a second, whatever becomes of them. */
export interface Pace {
  readonly perSecond: number
  readonly warmMs: number
  readonly countMs: number
  /** Tasks that wait meanwhile, and that no worker may take. */
  readonly waiting: number
}

const TICK_MS = 1

/** Asks at an even pace. While it warms up the moment that is passed is `undefined`. */
export async function paced(
  { perSecond, warmMs, countMs }: Pace,
  ask: (sentMs: number | undefined) => void,
): Promise<void> {
  const startedMs = performance.now()
  let asked = 0
  for (let at = 0; at < warmMs + countMs; at = performance.now() - startedMs) {
    for (const due = (at * perSecond) / 1_000; asked < due; asked++) {
      ask(at < warmMs ? undefined : nowMs())
    }
    await pause(TICK_MS)
  }
}

/** A moment that all processes of the machine agree on, in fractions of a ms since 1970. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
