import type { JSX } from 'preact'
import { useCallback, useEffect } from 'preact/hooks'
import { stale } from '../live/freshness.ts'
import { PANELS, type Panel } from '../panels.ts'
import { Banner } from './banner.tsx'
import { Confirm } from '../dialogs/confirm.tsx'
import { useConsole, useShortcut, type Dialog } from './console.ts'
import { Help } from '../dialogs/help.tsx'
import { Navigation } from './navigation.tsx'
import { NoticeList } from './notices.tsx'
import { Prioritize } from '../dialogs/prioritize.tsx'
import { matchPath } from '../browser/routes.ts'
import { RunForm } from '../dialogs/run-form.tsx'
import { Spoken } from './spoken.tsx'

/** What stands around every panel: navigation, news of the connection, dialogs, keys. */
export function Frame(): JSX.Element {
  const console = useConsole()
  const { dialog, notices, link, router } = console
  const { path } = router.place.value
  const found = panelAt(path)
  useKeys()
  useEffect(() => {
    document.title = found ? `${found.panel.title} · Architect` : 'Architect'
  }, [found?.panel])
  const old = stale(link.shown.value, link.nowMs.value) || link.shown.value.phase.type !== 'live'
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Navigation at={found?.panel} />
      <div class="main">
        <Banner />
        <main id="content" tabIndex={-1} class={old ? 'stale' : ''}>
          {found ? <found.panel.Content key={path} params={found.params} /> : <Nowhere />}
        </main>
      </div>
      <NoticeList notices={notices} />
      <Spoken />
      {dialog.value && <Open dialog={dialog.value} />}
    </>
  )
}

function Open({ dialog }: { readonly dialog: Dialog }): JSX.Element {
  switch (dialog.type) {
    case 'run':
      return <RunForm {...dialog} />
    case 'help':
      return <Help />
    case 'confirm':
      return <Confirm question={dialog} />
    case 'prioritize':
      return <Prioritize {...dialog} />
  }
}

function useKeys(): void {
  const { shortcuts, router, dialog, link } = useConsole()
  useEffect(() => {
    const bound = [
      ...PANELS.flatMap(({ title, path, nav }) =>
        nav ? [{ keys: `g ${nav.key}`, title: `Go to ${title}`, run: () => router.go(path) }] : [],
      ),
      { keys: 'j', title: 'Next row', run: () => moveRow(1) },
      { keys: 'k', title: 'Row before', run: () => moveRow(-1) },
      { keys: 'Enter', title: 'Open the row' },
      { keys: 'n', title: 'Run a command', run: () => void (dialog.value = { type: 'run' }) },
      {
        keys: '.',
        title: 'Pause what is shown, or go on',
        run: () => void (link.paused.value = !link.paused.value),
      },
      { keys: '?', title: 'This list', run: () => void (dialog.value = { type: 'help' }) },
    ].map((shortcut) => shortcuts.bind(shortcut))
    return () => bound.forEach((unbind) => unbind())
  }, [shortcuts, router, dialog, link])
  const { path } = router.place.value
  const back = useCallback(() => {
    if (path !== '/') router.back(path.split('/').slice(0, -1).join('/') || '/')
  }, [router, path])
  useShortcut('Escape', 'Back', back)
}

/** Goes through what can be opened; a row is a link, so that Enter opens it. */
function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('#content [data-row]')]
  const at = rows.findIndex((row) => row === document.activeElement)
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

function panelAt(
  path: string,
): { readonly panel: Panel; readonly params: Readonly<Record<string, string>> } | undefined {
  for (const panel of PANELS) {
    const params = matchPath(panel.path, path)
    if (params) return { panel, params }
  }
  return undefined
}

function Nowhere(): JSX.Element {
  return (
    <div class="empty">
      <h1>There is nothing here</h1>
      <p>
        The address names no part of the console. Go to the <a href="/">overview</a>.
      </p>
    </div>
  )
}
