import { effect, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import type { SignedIn } from '../protocol.ts'
import { Link } from './live/link.ts'
import { watchThroughput } from './live/watch-throughput.ts'
import { ConsoleContext, type Console, type Dialog } from './shell/console.ts'
import { Frame } from './shell/frame.tsx'
import { Notices } from './shell/notices.tsx'
import type { Preferences } from './browser/preferences.ts'
import type { Router } from './browser/router.ts'
import type { Sessions } from './browser/session.ts'
import type { Shortcuts } from './browser/shortcuts.ts'
import { SignInPage } from './shell/sign-in-page.tsx'

export interface AppProps {
  readonly sessions: Sessions
  readonly preferences: Preferences
  readonly router: Router
  readonly shortcuts: Shortcuts
}

export function App(props: AppProps): JSX.Element {
  const session = props.sessions.current.value
  if (session.type !== 'signedIn') {
    return <SignInPage sessions={props.sessions} session={session} />
  }
  return <SignedInApp key={session.as.key} {...props} as={session.as} />
}

function SignedInApp(props: AppProps & { readonly as: SignedIn }): JSX.Element {
  const { as, sessions, preferences, router, shortcuts } = props
  const { console, close } = useMemo(() => {
    const link = new Link(as.key)
    const throughput = watchThroughput(link)
    const unwatch = effect(() => {
      if (link.newest.value.phase.type === 'signedOut') sessions.expired()
    })
    const parts: Console = {
      ...{ as, link, router, preferences, shortcuts },
      notices: new Notices(),
      throughput: throughput.known,
      dialog: signal<Dialog | undefined>(undefined),
      signOut: () => sessions.signOut(),
    }
    const end = (): void => {
      unwatch()
      throughput.close()
      link.close()
    }
    return { console: parts, close: end }
  }, [as])
  useEffect(() => close, [close])
  return (
    <ConsoleContext value={console}>
      <Frame />
    </ConsoleContext>
  )
}
