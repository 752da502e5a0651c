import { ENDED, type TaskState } from '../../../actors/task/task.ts'
import type { Happening } from './journal.ts'
import { codeOf, type Planned } from './load.ts'
import { outOfOrder, type Order } from './order.ts'

/**
 * Judges a crash run by what could be seen from outside: what was planned, the journal, what the
 * client was answered and told, and what the node lists in the end. Pure.
 */
export interface History {
  readonly load: readonly Planned[]
  readonly happenings: readonly Happening[]
  /** The id that each task was acknowledged under. */
  readonly acknowledged: ReadonlyMap<number, string>
  /** The ends that a watch told of while they happened. */
  readonly told: readonly Seen[]
  /** All that the node lists when nothing is left to do. */
  readonly listed: readonly Seen[]
  /** One task at a time has run: then the order of starts can be judged. */
  readonly oneSlot: boolean
}

/** A task as the node shows it. */
export interface Seen {
  readonly id: string
  readonly task: number
  readonly state: TaskState
  readonly attempt: number
  readonly exitCode?: number
}

/** Where in the journal things are. */
export interface Life {
  sentAt?: number
  ackedAt?: number
  readonly starts: Map<number, number>
  readonly ends: Map<number, number>
}

export interface Verdict {
  /** What must not be, a line each. */
  readonly violations: readonly string[]
  /** Tasks of which more than one attempt started. */
  readonly startedAgain: number
  readonly order: Order
}

export function judge(history: History): Verdict {
  const lives = new Map(history.load.map(({ number }) => [number, emptyLife()]))
  const twice = readLives(history.happenings, lives)
  const order = history.oneSlot ? outOfOrder(history, lives) : { violations: [], judged: 0 }
  return {
    violations: [
      ...twice,
      ...overlaps(lives),
      ...unaccounted(history),
      ...misrecorded(history, lives),
      ...changedAfterwards(history),
      ...order.violations,
    ],
    startedAgain: [...lives.values()].filter(({ starts }) => starts.size > 1).length,
    order,
  }
}

function emptyLife(): Life {
  return { starts: new Map(), ends: new Map() }
}

/** An attempt is a fence: nobody may ever start it a second time. */
function readLives(
  happenings: readonly Happening[],
  lives: ReadonlyMap<number, Life>,
): readonly string[] {
  const violations: string[] = []
  for (const [at, happening] of happenings.entries()) {
    if (!('task' in happening)) continue
    const life = lives.get(happening.task)
    if (!life) violations.push(`task ${happening.task} ran and was never planned`)
    else if ('attempt' in happening) {
      const { type, task, attempt } = happening
      const known = type === 'start' ? life.starts : life.ends
      if (known.has(attempt)) violations.push(`task ${task}: attempt ${attempt} ran twice`)
      else known.set(attempt, at)
    } else if (happening.type === 'sent') life.sentAt ??= at
    else life.ackedAt = at
  }
  return violations
}

/** The next attempt starts only when the one before is over. */
function overlaps(lives: ReadonlyMap<number, Life>): readonly string[] {
  const violations: string[] = []
  for (const [task, { starts, ends }] of lives) {
    for (const [attempt, endedAt] of ends) {
      const later = [...starts].find(([other, at]) => other > attempt && at < endedAt)
      if (later) violations.push(`task ${task}: attempts ${attempt} and ${later[0]} ran at once`)
    }
  }
  return violations
}

/** What was acknowledged is there, once, under the id of the acknowledgement. */
function unaccounted({ load, acknowledged, listed }: History): readonly string[] {
  const ids = new Map<number, string[]>()
  for (const { task, id } of listed) ids.set(task, [...(ids.get(task) ?? []), id])
  const violations = [...ids]
    .filter(([, found]) => found.length > 1)
    .map(([task, found]) => `task ${task} is there ${found.length} times: ${found.join(', ')}`)
  for (const { number } of load) {
    const id = acknowledged.get(number)
    if (id === undefined) violations.push(`task ${number} was never acknowledged`)
    else if (!ids.get(number)?.includes(id)) violations.push(`task ${number} (${id}) is lost`)
  }
  return violations
}

/** It ended as its last attempt did, and that attempt came to its own end. */
function misrecorded(
  { load, listed }: History,
  lives: ReadonlyMap<number, Life>,
): readonly string[] {
  const violations: string[] = []
  for (const { task, state, attempt, exitCode } of listed) {
    const planned = load[task]
    const { starts, ends } = lives.get(task) ?? emptyLife()
    const tell = (what: string): void => void violations.push(`task ${task} ${what}`)
    if (!ENDED.has(state)) tell(`is ${state}`)
    else if (!ends.has(attempt)) tell(`is ${state} by attempt ${attempt}, which never ended`)
    else if (planned && state !== (planned.fails ? 'failed' : 'completed')) tell(`is ${state}`)
    else if (planned && (exitCode ?? 0) !== codeOf(planned, attempt))
      tell(`has the exit code ${exitCode}, which attempt ${attempt} never had`)
    const last = Math.max(...starts.keys())
    if (last > attempt) tell(`ended by attempt ${attempt}, and attempt ${last} started`)
  }
  return violations
}

/** An end is an end: what a watch told of it is what is listed. */
function changedAfterwards({ told, listed }: History): readonly string[] {
  const final = new Map(listed.map((seen) => [seen.id, seen]))
  return told.flatMap((seen) => {
    const now = final.get(seen.id)
    const same =
      now?.state === seen.state && now.attempt === seen.attempt && now.exitCode === seen.exitCode
    return same ? [] : [`task ${seen.task} was ${formatSeen(seen)} and is ${formatSeen(now)}`]
  })
}

function formatSeen(seen: Seen | undefined): string {
  return seen ? `${seen.state} by attempt ${seen.attempt} (${seen.exitCode ?? 'no code'})` : 'gone'
}
