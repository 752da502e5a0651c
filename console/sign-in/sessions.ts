import type { Principal } from '../../actors/doors/principal.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import { hex } from '../../runtime/hex.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import type { Random } from '../../runtime/scheduling/random.ts'
import { Buckets } from '../gate/buckets.ts'
import { forgetOldest } from '../forget-oldest.ts'
import type { SignedIn } from '../protocol.ts'

/**
 * Who is signed in to the console. A link made by somebody who is known already (`gaia console`, the
 * line that `architect` prints) carries a code that works once and for a minute; the page exchanges
 * it for a key. A session outlives a restart of the node, so that an open page comes back by itself;
 * how long it was idle is counted anew then. Only hashes of codes and keys are kept.
 *
 * A code names its link, and each link has its own few tries, so that a stranger who guesses uses up
 * the tries of nobody else: without the name of a link he never gets to any.
 */
export interface SessionsOptions {
  readonly clock: Clock
  readonly random: Random
  /** SHA-256, hex. */
  digest(text: string): string
  /** False once whoever made the link may no longer. */
  stands(principal: Principal): boolean
  /** Default: none, so that a restart signs everybody out. */
  readonly kept?: KeptSessions
}

/** Sessions over restarts of the node. What is put is there after the next start, unless it is removed. */
export interface KeptSessions {
  all(): readonly SessionRecord[]
  put(record: SessionRecord): void
  remove(id: string): void
}

export interface SessionRecord {
  /** Hash of the key. */
  readonly id: string
  readonly principal: Principal
  /** Wall clock. */
  readonly endsMs: number
}

/** How long a link works. Unit: ms. */
export const LINK_MS = 60_000
/** A key that nobody uses ends; and every key ends, used or not. Unit: ms. */
export const IDLE_MS = 30 * 60_000
export const ABSOLUTE_MS = 12 * 3_600_000

const TRIES_MAX = 5
const LINKS_MAX = 1_000
const SESSIONS_MAX = 10_000
/** Codes that name no link, by address: a person who opens an old link gets through. */
const STRANGE = { burst: 10, perSecond: 1 }

const NAME_BYTES = 8
const SECRET_BYTES = 32
const CODE = /^([0-9a-f]{16})([0-9a-f]{64})$/
const KEY = /^console_[0-9a-f]{64}$/

interface Link {
  readonly by: Principal
  readonly digest: string
  readonly expiresMs: number
  triesLeft: number
}

interface Session {
  readonly principal: Principal
  /** All moments are on the monotonic clock. */
  readonly endsMs: number
  usedMs: number
}

export class Sessions {
  readonly #options: SessionsOptions
  readonly #links = new Map<string, Link>()
  readonly #sessions = new Map<string, Session>()
  readonly #strange: Buckets

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#strange = new Buckets({ clock: options.clock, ...STRANGE })
    for (const record of options.kept?.all() ?? []) this.#revive(record)
  }

  /** A code that signs in, once, as `by`. `expiresMs` is wall clock. */
  link(by: Principal): { readonly code: string; readonly expiresMs: number } {
    const { clock, random, digest } = this.#options
    const name = hex(random.bytes(NAME_BYTES))
    const secret = hex(random.bytes(SECRET_BYTES))
    const expiresMs = clock.monotonicMs() + LINK_MS
    this.#links.set(name, { by, digest: digest(secret), expiresMs, triesLeft: TRIES_MAX })
    forgetOldest(this.#links, LINKS_MAX)
    return { code: name + secret, expiresMs: clock.wallMs() + LINK_MS }
  }

  /** Throws `UNAUTHENTICATED`, or `RESOURCE_EXHAUSTED` after too many wrong codes. */
  signIn(code: string, remote: string): SignedIn {
    const { clock, random, digest, stands } = this.#options
    const [, name = '', secret = ''] = CODE.exec(code) ?? []
    const link = this.#links.get(name)
    if (!link) throw this.#strangers(remote)
    link.triesLeft -= 1
    const right = link.digest === digest(secret)
    if (right || link.triesLeft === 0) this.#links.delete(name)
    if (!right || link.expiresMs <= clock.monotonicMs() || !stands(link.by)) throw refused()
    const key = `console_${hex(random.bytes(SECRET_BYTES))}`
    const nowMs = clock.monotonicMs()
    const { by: principal } = link
    const expiresMs = clock.wallMs() + ABSOLUTE_MS
    const id = digest(key)
    this.#sessions.set(id, { principal, endsMs: nowMs + ABSOLUTE_MS, usedMs: nowMs })
    this.#options.kept?.put({ id, principal, endsMs: expiresMs })
    const dropped = forgetOldest(this.#sessions, SESSIONS_MAX)
    if (dropped !== undefined) this.#end(dropped)
    return { key, name: principal.name, role: principal.role, expiresMs }
  }

  /** Whose key this is, if it still is. Counts as use of it. */
  find(key: string): Principal | undefined {
    const session = this.#standing(key)
    if (session) session.usedMs = this.#options.clock.monotonicMs()
    return session?.principal
  }

  /** The same, without counting. */
  whose(key: string): Principal | undefined {
    return this.#standing(key)?.principal
  }

  /** The key is nobody's from now on. False when it was none. */
  signOut(key: string): boolean {
    return this.#end(this.#options.digest(key))
  }

  #end(id: string): boolean {
    this.#options.kept?.remove(id)
    return this.#sessions.delete(id)
  }

  #revive({ id, principal, endsMs }: SessionRecord): void {
    const { clock } = this.#options
    const restMs = Math.min(ABSOLUTE_MS, endsMs - clock.wallMs())
    const usedMs = clock.monotonicMs()
    if (restMs <= 0) this.#end(id)
    else this.#sessions.set(id, { principal, endsMs: usedMs + restMs, usedMs })
  }

  #standing(key: string): Session | undefined {
    if (!KEY.test(key)) return undefined
    const { clock, digest, stands } = this.#options
    const digested = digest(key)
    const session = this.#sessions.get(digested)
    if (!session) return undefined
    const nowMs = clock.monotonicMs()
    const over = nowMs - session.usedMs >= IDLE_MS || nowMs >= session.endsMs
    if (!over && stands(session.principal)) return session
    this.#end(digested)
    return undefined
  }

  #strangers(remote: string): RuntimeError {
    const waitMs = this.#strange.take(remote)
    if (waitMs === 0) return refused()
    return new RuntimeError('RESOURCE_EXHAUSTED', 'Cannot sign in: too many wrong codes', {
      retryAfterMs: waitMs,
    })
  }
}

function refused(): RuntimeError {
  return new RuntimeError(
    'UNAUTHENTICATED',
    'Cannot sign in: the code is wrong, was used, or is older than a minute; get another with: gaia console',
  )
}
