import { signal, type ReadonlySignal } from '@preact/signals'
import type { JSX } from 'preact'
import { Icon } from '../parts/icon.tsx'

export interface Notice {
  readonly id: number
  readonly tone: 'done' | 'failed'
  readonly text: string
  /** Where what it is about can be seen. */
  readonly href?: string
}

/** Good news goes by itself after a while; bad news stays until it is dismissed. Unit: ms. */
const SHOWN_MS = 6_000
const NOTICES_MAX = 4

export class Notices {
  readonly shown: ReadonlySignal<readonly Notice[]>
  readonly #shown = signal<readonly Notice[]>([])
  #count = 0

  constructor() {
    this.shown = this.#shown
  }

  tell(notice: Omit<Notice, 'id'>): void {
    const id = (this.#count += 1)
    this.#shown.value = [...this.#shown.peek(), { ...notice, id }].slice(-NOTICES_MAX)
    if (notice.tone === 'done') setTimeout(() => this.dismiss(id), SHOWN_MS)
  }

  dismiss(id: number): void {
    this.#shown.value = this.#shown.peek().filter((each) => each.id !== id)
  }
}

export function NoticeList({ notices }: { readonly notices: Notices }): JSX.Element {
  return (
    <div class="notices" role="status">
      {notices.shown.value.map(({ id, tone, text, href }) => (
        <div key={id} class={`notice ${tone}`}>
          <Icon name={tone === 'done' ? 'completed' : 'failed'} />
          {href === undefined ? <span>{text}</span> : <a href={href}>{text}</a>}
          <button
            type="button"
            class="quiet"
            aria-label="Dismiss"
            onClick={() => notices.dismiss(id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  )
}
