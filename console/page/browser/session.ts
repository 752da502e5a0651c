import { signal, type ReadonlySignal } from '@preact/signals'
import type { Problem, SignedIn } from '../../protocol.ts'

export type Session =
  | { readonly type: 'signedOut'; readonly why?: string }
  | { readonly type: 'signingIn' }
  | { readonly type: 'signedIn'; readonly as: SignedIn }

const KEY = 'architect.session'

/**
 * Who the reader is. A link from `gaia console` carries a code in its fragment, which no server ever
 * sees and which works once; it is exchanged for a key, which stays in this tab.
 */
export class Sessions {
  readonly current: ReadonlySignal<Session>
  readonly #current = signal<Session>(kept())

  constructor() {
    this.current = this.#current
    window.addEventListener('hashchange', () => this.takeCode())
    this.takeCode()
  }

  /** Signs in by the code in the address, if there is one, and takes it out of the address. */
  takeCode(): void {
    const code = codeIn(location.hash)
    if (code === undefined) return
    history.replaceState(null, '', location.pathname + location.search)
    void this.signIn(code)
  }

  async signIn(code: string): Promise<void> {
    this.#current.value = { type: 'signingIn' }
    const answer = await post('/api/signin', { code })
    if ('key' in answer) {
      sessionStorage.setItem(KEY, JSON.stringify(answer))
      this.#current.value = { type: 'signedIn', as: answer }
    } else {
      this.#current.value = { type: 'signedOut', why: answer.message }
    }
  }

  /** The node no longer takes the key. */
  expired(): void {
    sessionStorage.removeItem(KEY)
    this.#current.value = { type: 'signedOut', why: 'You were signed out.' }
  }

  signOut(): void {
    const session = this.#current.peek()
    if (session.type === 'signedIn') void post('/api/signout', {}, session.as.key)
    sessionStorage.removeItem(KEY)
    this.#current.value = { type: 'signedOut' }
  }
}

/** The code of `…/#c=CODE`, or of such text alone. */
export function codeIn(text: string): string | undefined {
  return /#c=([\w.~-]+)/.exec(text)?.[1]
}

function kept(): Session {
  try {
    const as = JSON.parse(sessionStorage.getItem(KEY) ?? '') as SignedIn
    return as.expiresMs > Date.now() ? { type: 'signedIn', as } : { type: 'signedOut' }
  } catch {
    return { type: 'signedOut' }
  }
}

async function post(path: string, body: object, key?: string): Promise<SignedIn | Problem> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
    })
    const answer = (await response.json()) as SignedIn | { readonly error: Problem }
    return 'error' in answer ? answer.error : answer
  } catch {
    return { code: 'UNAVAILABLE', message: 'The node does not answer.' }
  }
}
