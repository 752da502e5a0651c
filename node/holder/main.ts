/**
 * The holder's program: `node main.ts <options as JSON>`. Started by `launch.ts`, detached, in a
 * session of its own; leaves when it holds nothing and nobody has been connected for a minute.
 */
import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { closeInheritedFiles } from '../inherited-files.ts'
import { bootClockMs } from './boot-clock.ts'
import { cgroupConfinement } from './confinement/cgroup.ts'
import { markConfinement } from './confinement/marks.ts'
import { Door } from './door.ts'
import { Holder } from './holder.ts'
import {
  alive,
  announceGeneration,
  generations,
  holderDirectory,
  Ledger,
  retireGeneration,
} from './ledger.ts'
import type { HolderStart } from './launch.ts'
import { PROTOCOL_VERSION } from './protocol.ts'
import { surroundingsOf } from './terminal/environment.ts'

/** How late a leash or a deadline may be noticed. */
const TICK_MS = 200
/** How often it is looked whether the data directory is still there: each 5 s. */
const ANNOUNCED_TICKS = 25
const LOG_BYTES_MAX = 1024 * 1024

function run(start: HolderStart): void {
  closeInheritedFiles()
  const { data, store, generation } = start
  mkdirSync(holderDirectory(data), { recursive: true, mode: 0o700 })
  const log = logTo(join(holderDirectory(data), 'holder.log'), generation)
  process.on('uncaughtException', (error) => {
    log(`crashed: ${error.stack ?? error.message}`)
    process.exit(1)
  })
  const cgroup = start.cgroups ? cgroupConfinement(start) : undefined
  const confinement = cgroup ?? markConfinement(store)
  const holder: Holder = new Holder({
    ...start,
    confinement,
    surroundings: surroundingsOf(process.env),
    ledger: new Ledger(data),
    nowMs: bootClockMs,
    log,
    exited: (key, exit) => door.exited(key, exit),
    grown: (key) => door.grown(key),
  })
  const door = new Door(holder, {
    store,
    log,
    welcome: () => ({
      type: 'welcome',
      version: PROTOCOL_VERSION,
      generation,
      pid: process.pid,
      build: start.build,
      draining: holder.draining,
      health: confinement.health,
    }),
  })
  const leave = (why: string): void => {
    log(`leaves: ${why}`)
    retireGeneration(data, generation)
    if (!generations(data).some(alive)) confinement.retire()
    process.exit(0)
  }
  announceGeneration(data, generation)
  keepTime({ holder, door, start, leave })
  void holder.adopt().then(() => {
    door.open(`${generation}.sock`, () => log(`holds, by ${confinement.health.confinement}`))
  })
}

interface Watched {
  readonly holder: Holder
  readonly door: Door
  readonly start: HolderStart
  readonly leave: (why: string) => void
}

function keepTime({ holder, door, start, leave }: Watched): void {
  let lonelySinceMs = bootClockMs()
  let stopping = false
  let ticks = 0
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('SIGTERM', () => {
    stopping = true
    holder.draining = true // What a node wants started now, the next holder starts.
    holder.endAll()
  })
  setInterval(() => {
    holder.tick()
    const nowMs = bootClockMs()
    if (!holder.empty || door.visitorCount > 0) lonelySinceMs = nowMs
    if (ticks++ % ANNOUNCED_TICKS === 0 && !announced(start)) {
      stopping = true // The directory was taken away: nobody can find us any more.
      holder.endAll()
    }
    if (stopping && holder.running === 0) return leave('it was told to stop')
    if (holder.empty && holder.draining) return leave('it is drained')
    if (nowMs - lonelySinceMs >= start.lonelyMs) leave('nobody needs it')
  }, TICK_MS)
}

function announced({ data, generation }: HolderStart): boolean {
  return generations(data).some((each) => each.generation === generation)
}

/** Two files of at most 1 MiB each. */
function logTo(path: string, generation: number): (line: string) => void {
  return (line) => {
    if (!existsSync(dirname(path))) return
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (bytes > LOG_BYTES_MAX) renameSync(path, `${path}.1`)
    appendFileSync(path, `${new Date().toISOString()} holder ${generation} ${line}\n`, {
      mode: 0o600,
    })
  }
}

const [said] = process.argv.slice(2)
// Without options it only loads, which fills the compile cache for the next.
if (said) run(JSON.parse(said) as HolderStart)
