import type { JSX } from 'preact'
import { PANELS, type Panel } from '../panels.ts'
import { Icon } from '../parts/icon.tsx'
import { useConsole } from './console.ts'
import type { Theme } from '../browser/preferences.ts'
import { Mark } from './sign-in-page.tsx'

/** Where one can go: beside the content where there is room, below it on a phone. */
export function Navigation({ at }: { readonly at: Panel | undefined }): JSX.Element {
  const { dialog } = useConsole()
  return (
    <header class="side">
      <a class="brand" href="/">
        <Mark />
        Architect
      </a>
      <button
        type="button"
        class="primary run"
        onClick={() => void (dialog.value = { type: 'run' })}
      >
        <Icon name="add" />
        <span>Run a command</span>
        <kbd aria-hidden="true">n</kbd>
      </button>
      <nav aria-label="Console">
        <ul>
          {PANELS.map((panel) => panel.nav && <Entry key={panel.path} panel={panel} at={at} />)}
        </ul>
      </nav>
      <Foot />
    </header>
  )
}

function Entry({
  panel,
  at,
}: {
  readonly panel: Panel
  readonly at: Panel | undefined
}): JSX.Element {
  const { title, path, nav } = panel
  const within = at === panel || (path !== '/' && at?.path.startsWith(path) === true)
  return (
    <li>
      <a class="entry" href={path} aria-current={within ? 'page' : undefined}>
        {nav && <Icon name={nav.icon} />}
        <span>{title}</span>
        {nav && <kbd aria-hidden="true">g {nav.key}</kbd>}
      </a>
    </li>
  )
}

function Foot(): JSX.Element {
  const { as, dialog, signOut } = useConsole()
  return (
    <div class="foot">
      <Pulse />
      <div class="tools">
        <ThemeButton />
        <button
          type="button"
          class="quiet"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => void (dialog.value = { type: 'help' })}
        >
          <Icon name="keys" />
        </button>
        <button
          type="button"
          class="quiet"
          aria-label={`Sign out ${as.name}`}
          title={`Signed in as ${as.name} (${as.role}). Sign out`}
          onClick={signOut}
        >
          <Icon name="leave" />
        </button>
      </div>
    </div>
  )
}

/** Which node speaks, and whether it does. */
function Pulse(): JSX.Element {
  const { link } = useConsole()
  const { phase, welcome } = link.newest.value
  const live = phase.type === 'live'
  return (
    <div class={live ? 'pulse live' : 'pulse'}>
      <span class="dot" />
      <span class="pulse-node">{welcome?.node ?? 'no node'}</span>
      <span class="pulse-state">{live ? 'live' : 'connecting'}</span>
    </div>
  )
}

const NEXT_THEME: Readonly<Record<Theme, Theme>> = {
  system: 'light',
  light: 'dark',
  dark: 'system',
}

function ThemeButton(): JSX.Element {
  const { theme } = useConsole().preferences
  const title = `Theme: ${theme.value}. Change to ${NEXT_THEME[theme.value]}`
  return (
    <button
      type="button"
      class="quiet"
      aria-label={title}
      title={title}
      onClick={() => void (theme.value = NEXT_THEME[theme.value])}
    >
      <Icon name="theme" />
    </button>
  )
}
