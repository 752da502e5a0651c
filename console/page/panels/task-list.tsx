import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useCallback, useEffect, useMemo } from 'preact/hooks'
import type { TasksView } from '../../protocol.ts'
import { tasksIn } from '../live/rows.ts'
import type { Window } from '../live/window.ts'
import { Empty, Loading } from '../parts/empty.tsx'
import { Icon } from '../parts/icon.tsx'
import { TaskTable } from '../parts/task-table.tsx'
import { useConsole, useShortcut, useWindow } from '../shell/console.ts'
import { formatPath } from '../browser/routes.ts'
import { countOf, formatCount } from '../words/amounts.ts'
import { countOfGroup, GROUP_NAMES, GROUPS, parseStates, statesOf } from '../words/states.ts'

const PAGE_ROWS = 100
/** A filter that is being typed is asked for once the typing pauses. Unit: ms. */
const TYPING_MS = 250
const PROJECT = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/

/** Every task there is, by what has become of it, by project and by label; newest change first. */
export function TaskList(): JSX.Element {
  const filter = useFilter()
  const held = useWindow('tasks:list', filter.view).value
  const window = held?.window
  return (
    <>
      <header class="head">
        <h1>Tasks</h1>
        {window && <p class="facts">{totalOf(window)}</p>}
      </header>
      <Filters filter={filter} window={window} />
      {window ? <Rows window={window} filter={filter} /> : <Loading what="the list" />}
    </>
  )
}

interface Filter {
  readonly state: string
  readonly project: string
  readonly label: string
  /** Cursors of the pages between the newest and this one. */
  readonly pages: readonly string[]
  readonly view: TasksView
  change(by: Partial<Record<'state' | 'project' | 'label', string>>): void
  turn(pages: readonly string[]): void
}

/** What the address says of the list: a filter can be shared, and gone back from. */
function useFilter(): Filter {
  const { router } = useConsole()
  const { query } = router.place.value
  const text = (name: string): string => query.get(name) ?? ''
  const [state, project, label] = [text('state'), text('project'), text('label')]
  const pages = query.getAll('after')
  const view = viewOf({ state, project, label, cursor: pages.at(-1) })
  const change: Filter['change'] = (by) =>
    router.replace(formatPath('/tasks', { state, project, label, ...by }))
  const turn: Filter['turn'] = (next) => {
    const path = formatPath('/tasks', { state, project, label })
    const after = next.map((cursor) => `after=${encodeURIComponent(cursor)}`).join('&')
    router.go(after === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${after}`)
  }
  return { state, project, label, pages, view, change, turn }
}

function viewOf(asked: {
  readonly state: string
  readonly project: string
  readonly label: string
  readonly cursor: string | undefined
}): TasksView {
  const { state, project, label, cursor } = asked
  const states = parseStates(state)
  return {
    ...{ limit: PAGE_ROWS },
    ...(states.length > 0 && { states }),
    ...(PROJECT.test(project) && { project }),
    ...(label !== '' && { label }),
    ...(cursor !== undefined && { cursor }),
  }
}

function Filters(props: {
  readonly filter: Filter
  readonly window: Window | undefined
}): JSX.Element {
  const { filter, window } = props
  const counts = window?.counts
  const wrong = filter.project !== '' && !PROJECT.test(filter.project)
  return (
    <search class="filters">
      <div class="chips" role="group" aria-label="State">
        <Chip filter={filter} state="" title="All" />
        {GROUP_NAMES.map((group) => (
          <Chip
            key={group}
            filter={filter}
            state={statesOf(group).join(',')}
            title={GROUPS[group].title}
            count={counts && countOfGroup(counts, group)}
          />
        ))}
      </div>
      <div class="filter-fields">
        <FilterField filter={filter} name="project" label="Project" />
        <FilterField filter={filter} name="label" label="Label" />
      </div>
      {wrong && (
        <p class="problem" role="status">
          A project’s name has letters, digits and . _ / - only.
        </p>
      )}
    </search>
  )
}

function Chip(props: {
  readonly filter: Filter
  readonly state: string
  readonly title: string
  readonly count?: number | undefined
}): JSX.Element {
  const { filter, state, title, count } = props
  return (
    <button
      type="button"
      class="chip"
      aria-pressed={filter.state === state}
      onClick={() => filter.change({ state })}
    >
      {title}
      {count !== undefined && <span class="count">{formatCount(count)}</span>}
    </button>
  )
}

function FilterField(props: {
  readonly filter: Filter
  readonly name: 'project' | 'label'
  readonly label: string
}): JSX.Element {
  const { filter, name, label } = props
  const asked = filter[name]
  const typed = useSignal(asked)
  useEffect(() => void (typed.value = asked), [asked])
  useEffect(() => {
    const timer = setTimeout(() => {
      if (typed.peek().trim() !== asked) filter.change({ [name]: typed.peek().trim() })
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed.value])
  const focus = useCallback(() => document.getElementById(`filter-${name}`)?.focus(), [name])
  if (name === 'project') useShortcut('/', 'Filter by project', focus)
  return (
    <label class="filter-field">
      <span>{label}</span>
      <input
        id={`filter-${name}`}
        type="search"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        placeholder="any"
        value={typed.value}
        onInput={(event) => void (typed.value = event.currentTarget.value)}
      />
    </label>
  )
}

function Rows({
  window,
  filter,
}: {
  readonly window: Window
  readonly filter: Filter
}): JSX.Element {
  const tasks = useMemo(() => tasksIn(window), [window])
  if (tasks.length === 0) return <Nothing filter={filter} />
  const { pages, turn } = filter
  const { cursor } = window
  return (
    <>
      <TaskTable label="Tasks, newest change first" tasks={tasks} />
      {(pages.length > 0 || cursor !== undefined) && (
        <nav class="pages" aria-label="Pages of the list">
          <button
            type="button"
            disabled={pages.length === 0}
            onClick={() => turn(pages.slice(0, -1))}
          >
            <Icon name="newer" /> Newer
          </button>
          <span>Page {pages.length + 1}</span>
          <button
            type="button"
            disabled={cursor === undefined}
            onClick={() => cursor !== undefined && turn([...pages, cursor])}
          >
            Older <Icon name="older" />
          </button>
        </nav>
      )}
    </>
  )
}

function Nothing({ filter }: { readonly filter: Filter }): JSX.Element {
  const { state, project, label, pages } = filter
  if (pages.length > 0) return <Empty>There are no older tasks.</Empty>
  if (state === '' && project === '' && label === '') {
    return (
      <Empty command="npx gaia run -- echo hello">
        No tasks yet. Press <kbd>n</kbd> to run a command here, or in a shell:
      </Empty>
    )
  }
  return (
    <Empty>
      No task matches.{' '}
      <button type="button" class="link" onClick={() => filter.change(NO_FILTER)}>
        Show all
      </button>
    </Empty>
  )
}

const NO_FILTER = { state: '', project: '', label: '' }

function totalOf({ total, rows }: Window): string {
  return total === undefined ? `${countOf(rows.length, 'task')} shown` : countOf(total, 'task')
}
