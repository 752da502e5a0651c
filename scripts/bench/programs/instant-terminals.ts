import type { AttemptKey, Exit, TerminalSpec } from '../../../actors/terminals.ts'
import type { HolderClient } from '../../../node/holder/client.ts'

/**
 * Terminals in which every command has ended as soon as it has begun: what is left of a task's life
 * is what the node does for it.
 */
export function instantTerminals(accepted: (spec: TerminalSpec) => void): HolderClient {
  const listeners = new Set<(key: AttemptKey, exit: Exit) => void>()
  return {
    nowMs: () => performance.now(),
    start(spec, answered) {
      accepted(spec)
      setImmediate(() => {
        answered({ type: 'started' })
        for (const listener of listeners) listener(spec.key, ended(Date.now()))
      })
    },
    onExit(listener) {
      listeners.add(listener)
      return { cancel: () => void listeners.delete(listener) }
    },
    onState(listener) {
      setImmediate(() => listener('ready'))
      return { cancel() {} }
    },
    list: (answered) => void setImmediate(() => answered([])),
    renew: (_renewals, acknowledged) => void setImmediate(() => acknowledged(true)),
    discard: (_tasks, done) => void setImmediate(() => done()),
    outputFile: () => '',
    follow(_key, _fromOffset, sink) {
      setImmediate(() => sink.gone())
      return { pause() {}, resume() {}, stop() {} }
    },
    end() {},
    write() {},
    resize() {},
    forget() {},
    health: () => undefined,
    holders: () => [],
    upgrade() {},
    close() {},
  }
}

function ended(wallMs: number): Exit {
  return {
    reason: 'exited',
    code: 0,
    signal: null,
    startedWallMs: wallMs,
    endedWallMs: wallMs,
    outputBytes: 0,
    outputTruncated: false,
  }
}
