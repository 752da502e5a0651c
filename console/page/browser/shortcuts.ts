import { signal, type ReadonlySignal } from '@preact/signals'
import { press, type Begun } from './key-sequence.ts'

export interface Shortcut {
  /** As they are shown: `j`, `g t`, `Shift+C`. */
  readonly keys: string
  readonly title: string
  /** Absent: the browser does it by itself, and the list of keys says so. */
  readonly run?: () => void
}

/** Where a key is text. A terminal that only shows is read-only. */
const TYPED_IN = 'input, select, textarea:not([readonly])'

/** Single keys and sequences of them; each part of the page binds its own while it is shown. */
export class Shortcuts {
  readonly bound: ReadonlySignal<readonly Shortcut[]>
  readonly #bound = signal<readonly Shortcut[]>([])
  readonly #enabled: ReadonlySignal<boolean>
  #begun: Begun | undefined

  /** `enabled`: single keys can be turned off (WCAG 2.1.4); Escape never is. */
  constructor(enabled: ReadonlySignal<boolean>) {
    this.bound = this.#bound
    this.#enabled = enabled
    document.addEventListener('keydown', (event) => this.#pressed(event))
  }

  bind(shortcut: Shortcut): () => void {
    this.#bound.value = [...this.#bound.peek(), shortcut]
    return () => (this.#bound.value = this.#bound.peek().filter((each) => each !== shortcut))
  }

  #pressed(event: KeyboardEvent): void {
    const { ctrlKey, metaKey, altKey, key, target } = event
    if (event.defaultPrevented || ctrlKey || metaKey || altKey) return
    if (document.querySelector('dialog[open]')) return // It has keys of its own.
    const typing = target instanceof HTMLElement && target.matches(TYPED_IN)
    if (typing && key === 'Escape') return target.blur()
    if (typing || (key !== 'Escape' && !this.#enabled.peek())) return
    const ours = this.#bound.peek().filter(({ run }) => run)
    const known = ours.map(({ keys }) => keys)
    const { begun, done } = press(this.#begun, nameOf(event), { known, nowMs: Date.now() })
    this.#begun = begun
    if (done !== undefined || begun) event.preventDefault()
    ours.findLast(({ keys }) => keys === done)?.run?.()
  }
}

function nameOf({ key, shiftKey }: KeyboardEvent): string {
  return shiftKey && /^[A-Z]$/.test(key) ? `Shift+${key}` : key
}
