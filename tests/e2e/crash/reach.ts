import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { connectAdmin } from '../../../node/gaia/client.ts'
import type { Reach } from '../../../node/gaia/command.ts'
import { Unreachable } from '../../../node/gaia/exit.ts'
import { readCredential, readLocalAccess } from '../../../node/local-access.ts'
import { systemClock } from '../../../runtime/scheduling/system-clock.ts'

/** How the client of a crash run finds the node of a directory again, until `over` is aborted. */
export function reachOf(directory: string, over: AbortSignal): Reach {
  return {
    clock: systemClock,
    newKey: () => randomUUID(),
    pause: (delayMs) => pause(delayMs),
    async connect() {
      over.throwIfAborted()
      const access = await readLocalAccess(directory)
      if (!access) throw new Unreachable('no node has started yet', { refused: true })
      const secret = await readCredential(directory)
      return connectAdmin({ address: access.address, secret, whenRefused: 'it was killed' })
    },
  }
}
