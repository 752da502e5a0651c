import type { Explanation, NodeStatus } from './fleet.ts'
import type { LedTasks } from './tasks-machine/led-tasks.ts'
import { runs } from './task/fold.ts'
import { formatMoment } from './task/moment.ts'
import { ENDED, type Dependency, type Task } from './task/task.ts'
import { isLost, named } from './task/waiting.ts'

/** What one line names of many; the rest is counted. */
const NAMED_MAX = 3

type Considered = Explanation['considered'][number]

/** Why a task is where it is, in one line, with what was looked at. */
export function explain(
  task: Task,
  led: LedTasks | undefined,
  nodes: readonly NodeStatus[],
): Explanation {
  const waits = task.state === 'available' && !task.paused
  const ahead = waits && led ? led.ahead(task) : 0
  const considered = nodes.map((node) => consider(task, node))
  const over = runs(task) || ENDED.has(task.state)
  const why = over ? past(task) : `waiting: ${waiting(task, { led, nodes, considered, ahead })}`
  return { task, why, considered, ahead }
}

function past({ reason, retriedAs }: Task): string {
  return retriedAs === undefined ? reason : `${reason}; it was done again as ${retriedAs}`
}

interface Looked {
  readonly led: LedTasks | undefined
  readonly nodes: readonly NodeStatus[]
  readonly considered: readonly Considered[]
  readonly ahead: number
}

function waiting(task: Task, looked: Looked): string {
  if (task.paused) return task.reason
  switch (task.state) {
    case 'suspended':
      return `for ${dependencies(task, looked.led)}`
    case 'scheduled':
      return moment(task)
    case 'waiting_human':
      return person(task)
    default:
      return slot(task, looked)
  }
}

/** Each with its own state, where this node knows it. */
function dependencies(task: Task, led: LedTasks | undefined): string {
  const waitsFor = task.dependencies.filter(({ state }) => state === 'waiting')
  const stateOf = ({ id }: Dependency): string => {
    const state = led?.task(id)?.state
    return state === undefined ? '' : ` (${state})`
  }
  return listed(waitsFor.map((each) => `${named(each)}${stateOf(each)}`))
}

function moment({ wakeMs = 0, attempt, reason }: Task): string {
  const until = `until ${formatMoment(wakeMs)}`
  return attempt === 0 ? until : `${until}, ${reason}`
}

/** With what a late result says, which may settle the question. */
function person({ reason, dependencies: all, lateResults = [] }: Task): string {
  const last = all.some(isLost) ? undefined : lateResults.at(-1)
  const asks = reason.replace(/^waits /, '')
  if (!last) return asks
  return `${asks}; attempt ${last.attempt} said later: ${last.outcome.class}`
}

function slot(task: Task, { led, nodes, considered, ahead }: Looked): string {
  const { project } = task
  if (led?.projectPaused(project)) return `the project "${project}" is paused`
  const lane = led?.heldBy(task)
  if (lane !== undefined) return `as many as may of concurrency key "${lane}" are running`
  const fitting = nodes.filter((_, at) => considered[at]?.fits)
  if (fitting.length === 0) return `${nobody(task, nodes)}${because(considered)}`
  const slots = sum(fitting.map((node) => node.slots))
  const busy = sum(fitting.map((node) => node.busy))
  const place = ahead === 0 ? 'next' : `${ahead} ahead of it`
  return `${place} in project "${project}", ${busy} of ${slots} slots busy`
}

/** Which labels are nowhere; or that they are, and yet no node takes the task. */
function nobody({ spec: { requires } }: Task, nodes: readonly NodeStatus[]): string {
  if (nodes.length === 0) return 'no node is there'
  const has = ({ labels }: NodeStatus, label: string): boolean => labels.includes(label)
  const nowhere = requires.filter((label) => !nodes.some((node) => has(node, label)))
  if (nowhere.length > 0) return `no node with ${labelled(nowhere)}`
  const somewhere = nodes.some((node) => requires.every((label) => has(node, label)))
  return somewhere ? 'no node takes it' : `no node with ${labelled(requires)} together`
}

function labelled(labels: readonly string[]): string {
  return `label${labels.length === 1 ? '' : 's'} ${labels.join(', ')}`
}

function because(considered: readonly Considered[]): string {
  if (considered.length === 0) return ''
  return ` (${listed(considered.map(({ node, why }) => `${node} ${why}`))})`
}

function consider({ spec }: Task, status: NodeStatus): Considered {
  const { node, slots, busy, labels } = status
  const missing = spec.requires.filter((label) => !labels.includes(label))
  if (missing.length > 0) return { node, fits: false, why: `has no ${labelled(missing)}` }
  if (status.startsNothing !== undefined)
    return { node, fits: false, why: `starts nothing: ${status.startsNothing}` }
  if (status.status !== 'alive') return { node, fits: false, why: `is ${status.status}` }
  const free = slots - busy
  return { node, fits: true, why: free > 0 ? `has ${free} of ${slots} slots free` : 'is busy' }
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_MAX
  const first = names.slice(0, NAMED_MAX).join(', ')
  return more > 0 ? `${first} and ${more} more` : first
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
