import type { Principal } from '../../../actors/doors/principal.ts'
import { CONSOLE_LIMITS, type ConsoleLimits } from '../../../console/limits.ts'
import { Live } from '../../../console/live/live.ts'
import type { Role } from '../../../actors/doors/principal.ts'
import { seededRandom } from '../../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { MemoryFleet } from '../../node/admin/fleet-of.ts'
import { MemorySocket, settled } from './page-of.ts'

/** Live pages over a fleet and sockets in memory, on time that stands still. */
export function liveOf(limits: Partial<ConsoleLimits> = {}) {
  const clock = new VirtualClock()
  const fleet = new MemoryFleet()
  const unexpected: unknown[] = []
  const keys = new Map<string, Principal>()
  /** Keys that were used, each time. */
  const used: string[] = []
  for (const role of ['viewer', 'operator', 'admin'] as const) {
    keys.set(role, { name: role, role })
  }
  const live = new Live({
    ...{ clock, fleet, random: seededRandom(1) },
    limits: { ...CONSOLE_LIMITS, ...limits },
    authenticate(key, uses) {
      if (uses) used.push(key)
      return keys.get(key)
    },
    welcome: { node: 'one', boot: 3, version: '0.1.0', served: 'node', heartbeatMs: 15_000 },
    unexpected: (failure) => unexpected.push(failure),
  })
  const connect = (): MemorySocket => {
    const socket = new MemorySocket()
    socket.listener = live.open(socket)
    return socket
  }
  const greet = (key: Role | (string & {}) = 'operator', visible = true): MemorySocket => {
    const socket = connect()
    socket.say({ t: 'hello', v: 1, key, visible })
    return socket
  }
  /** Time passes, and what waited for it is done. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 250) {
      clock.advance(Math.min(250, left))
      await settled()
    }
  }
  return { clock, fleet, keys, live, unexpected, used, connect, greet, pass }
}
