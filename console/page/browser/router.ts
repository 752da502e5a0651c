import { computed, signal, type ReadonlySignal } from '@preact/signals'

export interface Place {
  readonly path: string
  readonly query: URLSearchParams
}

/** Where the page is: its address, which can be shared, reloaded and gone back from. */
export class Router {
  readonly place: ReadonlySignal<Place>
  readonly #url = signal(new URL(location.href))
  /** The path that the reader was at before this one. */
  left: string | undefined
  /** How many places of ours lie behind this one in the browser's history. */
  #depth = 0

  constructor() {
    this.place = computed(() => {
      const { pathname, searchParams } = this.#url.value
      return { path: pathname, query: searchParams }
    })
    window.addEventListener('popstate', () => {
      this.#depth = Math.max(0, this.#depth - 1)
      this.#arrive()
    })
    document.addEventListener('click', (event) => this.#clicked(event))
  }

  go(href: string): void {
    if (href === this.#url.peek().pathname + this.#url.peek().search) return
    history.pushState(null, '', href)
    this.#depth += 1
    this.#arrive()
    window.scrollTo(0, 0)
  }

  /** The same place, seen otherwise: a filter that is being typed makes no history. */
  replace(href: string): void {
    history.replaceState(null, '', href)
    this.#url.value = new URL(location.href)
  }

  /** Where the reader came from, if that was here; else `otherwise`. */
  back(otherwise: string): void {
    if (this.#depth > 0) history.back()
    else this.go(otherwise)
  }

  #arrive(): void {
    this.left = this.#url.peek().pathname
    this.#url.value = new URL(location.href)
  }

  #clicked(event: MouseEvent): void {
    const plain =
      event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    const anchor = event.target instanceof Element ? event.target.closest('a') : null
    if (!plain || event.defaultPrevented || !anchor || anchor.target !== '') return
    if (anchor.origin !== location.origin || anchor.hash !== '') return
    event.preventDefault()
    this.go(anchor.pathname + anchor.search)
  }
}
