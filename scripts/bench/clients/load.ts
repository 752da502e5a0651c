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
