import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import type { FleetStatus, HealthNote } from '../../../actors/fleet.ts'
import type { TasksView } from '../../protocol.ts'
import { tasksIn } from '../live/rows.ts'
import { CommandHint } from '../parts/command-hint.tsx'
import { Empty, Loading } from '../parts/empty.tsx'
import { Icon } from '../parts/icon.tsx'
import { NodeCard } from '../parts/node-card.tsx'
import { TaskTable } from '../parts/task-table.tsx'
import { ThroughputChart } from '../parts/throughput-chart.tsx'
import { useConsole, useWindow } from '../shell/console.ts'
import { useFleet } from '../shell/fleet.ts'
import { formatPath } from '../browser/routes.ts'
import { countOf, formatCount } from '../words/amounts.ts'
import { formatRunning } from '../words/spans.ts'
import { countOfGroup, GROUP_NAMES, GROUPS, statesOf, type Counts } from '../words/states.ts'

const NEWEST: TasksView = { limit: 10 }
const RUNNING: TasksView = { limit: 8, states: statesOf('running') }
const NEEDING_STATES = [...statesOf('person'), ...statesOf('failed')]
const NEEDING: TasksView = { limit: 50, states: NEEDING_STATES }
const NEEDING_ROWS = 5
/** What failed longer ago is history, not a call for somebody. Unit: ms. */
const NEEDING_MS = 24 * 3_600_000

/** The first screen: is the fleet well, what does it do, and what waits for somebody. */
export function Overview(): JSX.Element {
  const fleet = useFleet().value
  if (!fleet) return <Loading what="the state of the fleet" />
  return (
    <>
      <header class="head">
        <h1>Overview</h1>
        <p class="facts">
          {countOf(fleet.nodes.length, 'node')} · {fleet.shards.active} of {fleet.shards.total}{' '}
          shards active, {countOf(fleet.shards.copies, 'copy', 'copies')} each · up{' '}
          {formatRunning(fleet.upMs)}
        </p>
      </header>
      <Tiles counts={fleet.counts} />
      <div class="columns">
        <div class="column">
          <NeedsAttention />
          <Running />
          <Newest />
        </div>
        <div class="column">
          <Throughput />
          <Nodes fleet={fleet} />
          <Health notes={fleet.health} />
        </div>
      </div>
    </>
  )
}

function Tiles({ counts }: { readonly counts: Counts }): JSX.Element {
  return (
    <ul class="tiles">
      {GROUP_NAMES.map((group) => {
        const count = countOfGroup(counts, group)
        return (
          <li key={group}>
            <a
              class={`tile ${group}${count === 0 ? ' none' : ''}`}
              href={formatPath('/tasks', { state: statesOf(group).join(',') })}
            >
              <span class="tile-count">{formatCount(count)}</span>
              <span class="tile-title">
                <Icon name={group} />
                {GROUPS[group].title}
              </span>
            </a>
          </li>
        )
      })}
    </ul>
  )
}

/** A person first, then what failed of late. */
function NeedsAttention(): JSX.Element | null {
  const { link } = useConsole()
  const held = useWindow('tasks:needing', NEEDING)
  const tasks = useComputed(() => {
    const sinceMs = link.nowMs.value - link.skewMs.value - NEEDING_MS
    const all = held.value?.window ? tasksIn(held.value.window) : []
    const asking = all.filter(({ state }) => state === 'waiting_human')
    const failed = all.filter(
      ({ state, updatedMs }) => state !== 'waiting_human' && updatedMs >= sinceMs,
    )
    return [...asking, ...failed]
  }).value
  if (tasks.length === 0) return null
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">Needs attention</h2>
      <TaskTable label="Tasks that need somebody" tasks={tasks.slice(0, NEEDING_ROWS)} />
      {tasks.length > NEEDING_ROWS && (
        <a class="more" href={formatPath('/tasks', { state: NEEDING_STATES.join(',') })}>
          More like these
        </a>
      )}
    </section>
  )
}

function Running(): JSX.Element | null {
  const window = useWindow('tasks:running', RUNNING).value?.window
  const tasks = window ? tasksIn(window) : []
  if (tasks.length === 0) return null
  return (
    <section aria-labelledby="running">
      <h2 id="running">Running</h2>
      <TaskTable label="Tasks that are running" tasks={tasks} />
      {window?.cursor !== undefined && (
        <a class="more" href={formatPath('/tasks', { state: statesOf('running').join(',') })}>
          All that are running
        </a>
      )}
    </section>
  )
}

function Newest(): JSX.Element {
  const window = useWindow('tasks:newest', NEWEST).value?.window
  const tasks = window ? tasksIn(window) : undefined
  return (
    <section aria-labelledby="newest">
      <h2 id="newest">Newest changes</h2>
      {tasks === undefined && <Loading what="the newest tasks" />}
      {tasks?.length === 0 && (
        <Empty command="npx gaia run -- echo hello">
          Nothing has been run yet. Press <kbd>n</kbd> to run a command here, or in a shell:
        </Empty>
      )}
      {tasks !== undefined && tasks.length > 0 && (
        <>
          <TaskTable label="Tasks that changed last" tasks={tasks} />
          <a class="more" href="/tasks">
            All tasks
          </a>
        </>
      )}
    </section>
  )
}

function Throughput(): JSX.Element {
  const { buckets } = useConsole().throughput.value
  return (
    <section aria-labelledby="throughput">
      <h2 id="throughput">Throughput</h2>
      <ThroughputChart buckets={buckets} />
    </section>
  )
}

function Nodes({ fleet }: { readonly fleet: FleetStatus }): JSX.Element {
  return (
    <section aria-labelledby="nodes">
      <h2 id="nodes">Nodes</h2>
      <ul class="nodes">
        {fleet.nodes.map((node) => (
          <NodeCard key={node.storeId} node={node} />
        ))}
      </ul>
    </section>
  )
}

const ORDER = { failing: 0, warning: 1, info: 2, ok: 3 } as const satisfies Record<
  HealthNote['level'],
  number
>
const ICONS = { failing: 'failed', warning: 'warning', info: 'info', ok: 'completed' } as const

function Health({ notes }: { readonly notes: readonly HealthNote[] }): JSX.Element {
  const sorted = [...notes].sort((a, b) => ORDER[a.level] - ORDER[b.level])
  return (
    <section aria-labelledby="health">
      <h2 id="health">Health</h2>
      <ul class="health">
        {sorted.map(({ level, component, message, fix }) => (
          <li key={`${component} ${message}`} class={level}>
            <Icon name={ICONS[level]} />
            <div>
              <span class="unseen">{level}: </span>
              <strong>{component}</strong> {message}
              {fix !== undefined && <Fix fix={fix} />}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What to do; a command in it is shown as one. */
function Fix({ fix }: { readonly fix: string }): JSX.Element {
  const [, words = fix, command] = /^(.*?: )?(gaia .*)$/.exec(fix) ?? []
  return (
    <p class="fix">
      {words}
      {command !== undefined && <CommandHint command={`npx ${command}`} />}
    </p>
  )
}
