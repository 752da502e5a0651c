import type { Feed, Outlet } from './method.ts'

/**
 * Tells of long work. A reader that is slow misses steps, never the last one. The work itself is
 * not stopped by a caller who leaves: it can be asked for again.
 */
export function progressOf<Step extends object>(
  outlet: Outlet,
  work: (step: (step: Step) => void) => Promise<Step>,
): Feed {
  let room = true
  const step = (message: Step): void => {
    if (room) room = outlet.write(message)
  }
  work(step).then(
    (last) => {
      outlet.write(last)
      outlet.end()
    },
    (failure: unknown) => outlet.end(failure),
  )
  return {
    drained() {
      room = true
    },
    close() {},
  }
}
