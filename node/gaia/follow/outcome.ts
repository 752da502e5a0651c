import { constants } from 'node:os'
import { EXIT } from '../exit.ts'
import type { TaskMessage } from '../messages.ts'

/** What `gaia run` ends with: the command's own code, 128 + n when signal n killed it, else 255. */
export function commandCode({ outcome }: TaskMessage): number {
  switch (outcome?.class) {
    case 'ok':
    case 'exit':
      return outcome.code ?? EXIT.runFailed
    case 'crash':
      return signalCode(outcome.signal) ?? EXIT.runFailed
    default:
      return EXIT.runFailed // How a command took it that it was ended is not its own doing.
  }
}

/** True when the ending speaks for itself: the command ran and said how it went. */
export function endedByItself({ state, outcome }: TaskMessage): boolean {
  return state === 'completed' || outcome?.class === 'exit'
}

function signalCode(signal: string | undefined): number | undefined {
  const found = Object.entries(constants.signals).find(([name]) => name === signal)
  return found && 128 + found[1]
}
