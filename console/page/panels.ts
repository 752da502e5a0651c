import type { ComponentType } from 'preact'
import type { IconName } from './parts/icon.tsx'
import { Overview } from './panels/overview.tsx'
import { TaskPage } from './panels/task.tsx'
import { TaskList } from './panels/task-list.tsx'

/** A view of what the fleet tells. To add one: a file in `panels/`, and a line here. */
export interface Panel {
  readonly title: string
  /** Its address; the `:names` in it are what `Content` is given. */
  readonly path: string
  readonly Content: ComponentType<{ readonly params: Readonly<Record<string, string>> }>
  /** For the navigation: the key after `g`, and how it is drawn. */
  readonly nav?: { readonly key: string; readonly icon: IconName }
}

export const PANELS: readonly Panel[] = [
  { title: 'Overview', path: '/', Content: Overview, nav: { key: 'o', icon: 'overview' } },
  { title: 'Tasks', path: '/tasks', Content: TaskList, nav: { key: 't', icon: 'tasks' } },
  { title: 'Task', path: '/tasks/:id', Content: TaskPage },
]
