import { effect, signal, type Signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

/** What the reader chose about the page itself; kept in this browser. */
export interface Preferences {
  readonly theme: Signal<Theme>
  readonly shortcuts: Signal<boolean>
}

const KEY = 'architect.preferences'

export function openPreferences(): Preferences {
  const kept = read()
  const theme = signal<Theme>(
    kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system',
  )
  const shortcuts = signal(kept.shortcuts !== false)
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme.value
    localStorage.setItem(KEY, JSON.stringify({ theme: theme.value, shortcuts: shortcuts.value }))
  })
  return { theme, shortcuts }
}

function read(): { readonly theme?: unknown; readonly shortcuts?: unknown } {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof kept === 'object' && kept !== null ? kept : {}
  } catch {
    return {}
  }
}
