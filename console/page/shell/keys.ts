import { useCallback, useEffect } from 'preact/hooks'
import { PANELS } from '../panels.ts'
import { useConsole, useShortcut } from './console.ts'

/** The keys that do the same everywhere; parts bind their own while they are shown. */
export function useKeys(): void {
  const { shortcuts, router, dialog, link } = useConsole()
  useEffect(() => {
    const bound = [
      ...PANELS.flatMap(({ title, path, nav }) =>
        nav ? [{ keys: `g ${nav.key}`, title: `Go to ${title}`, run: () => router.go(path) }] : [],
      ),
      { keys: 'j', title: 'Next row', run: () => moveRow(1, router.left) },
      { keys: 'k', title: 'Row before', run: () => moveRow(-1, router.left) },
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

/**
 * Goes through what can be opened, from where the focus is, or from the row that the reader comes
 * back from. A row is a link, so that Enter opens it.
 */
function moveRow(by: 1 | -1, left: string | undefined): void {
  const rows = [...document.querySelectorAll<HTMLElement>('#content [data-row]')]
  const focused = rows.findIndex((row) => row === document.activeElement)
  const at = focused < 0 ? rows.findIndex((row) => row.getAttribute('href') === left) : focused
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
