import { createContext } from 'preact'
import { useContext, useEffect, useMemo } from 'preact/hooks'
import { signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { Channel, SignedIn, TasksView } from '../../protocol.ts'
import type { WindowSubscription } from '../live/channels.ts'
import type { Link } from '../live/link.ts'
import type { Throughput } from '../live/throughput.ts'
import type { Target } from '../dialogs/act.ts'
import type { Notices } from './notices.tsx'
import type { Preferences } from '../browser/preferences.ts'
import type { Router } from '../browser/router.ts'
import type { Shortcuts } from '../browser/shortcuts.ts'

/** What every part of a signed-in page can reach. */
export interface Console {
  readonly as: SignedIn
  readonly link: Link
  readonly router: Router
  readonly shortcuts: Shortcuts
  readonly preferences: Preferences
  readonly notices: Notices
  readonly throughput: ReadonlySignal<Throughput>
  /** The dialog that is open. */
  readonly dialog: Signal<Dialog | undefined>
  signOut(): void
}

export type Dialog =
  | { readonly type: 'run'; readonly line?: string; readonly project?: string }
  | { readonly type: 'help' }
  | { readonly type: 'prioritize'; readonly task: Target; readonly priority: number }
  | ({ readonly type: 'confirm' } & Question)

/** Asked before anything is done to a task; the title names it. */
export interface Question {
  readonly title: string
  readonly text: string
  readonly yes: string
  readonly no: string
  readonly destructive: boolean
  run(): void
}

export const ConsoleContext = createContext<Console | undefined>(undefined)

export function useConsole(): Console {
  const console = useContext(ConsoleContext)
  if (!console) throw new Error('Cannot show a part of the console: it stands outside of it')
  return console
}

/** Subscribes to a channel while the part is shown; a new `view` replaces the old one. */
export function useWindow(
  channel: Channel | undefined,
  view?: TasksView,
): ReadonlySignal<WindowSubscription | undefined> {
  const { link } = useConsole()
  const key = JSON.stringify(view)
  useEffect(() => {
    if (channel === undefined) return undefined
    return link.subscribe(channel, view)
    // A view that says the same is the same.
  }, [link, channel, key])
  return useMemo(
    () => (channel === undefined ? signal(undefined) : link.window(channel)),
    [link, channel],
  )
}

export function useShortcut(keys: string, title: string, run: () => void): void {
  const { shortcuts } = useConsole()
  useEffect(() => shortcuts.bind({ keys, title, run }), [shortcuts, keys, title, run])
}
