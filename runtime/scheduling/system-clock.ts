import type { Clock } from './clock.ts'

/** The machine's own time. Timers do not keep the process alive: what listens does. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timeout = setTimeout(run, delayMs)
    timeout.unref()
    return { cancel: () => clearTimeout(timeout) }
  },
  soon: (run) => queueMicrotask(run),
  defer: (run) => void setImmediate(run),
}
