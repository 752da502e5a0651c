import type { Principal } from '../../actors/doors/principal.ts'
import type { Timer } from '../../runtime/scheduling/clock.ts'
import type { Random } from '../../runtime/scheduling/random.ts'
import type { Socket, SocketListener } from '../http/server.ts'
import { Commands } from './commands.ts'
import { Connection, type ConnectionPorts, HIDDEN_TICK_MS } from './connection.ts'
import { Hub } from './hub.ts'
import { sliced } from './sliced.ts'

/**
 * All pages that are connected. Once a second each key is looked at again, so that a page whose key
 * ended (signed out, revoked, expired) is closed within a second of it.
 */
export interface LiveOptions
  extends Pick<ConnectionPorts, 'fleet' | 'clock' | 'limits' | 'welcome'> {
  readonly random: Random
  /** Whose key this is. `uses`: that counts as use of it. */
  authenticate(key: string, uses: boolean): Principal | undefined
  unexpected(failure: unknown, what: string): void
}

const CHECK_MS = 1_000
const CONNECTIONS_A_TURN = 256

/** After a drain pages come back spread out, a thousand of them over a second. Unit: ms. */
const RETURN_MS = 250

export class Live {
  readonly #options: LiveOptions
  readonly #ports: ConnectionPorts
  readonly #hub: Hub
  /** Those who have not said who they are. */
  readonly #strangers = new Set<Connection>()
  readonly #byKey = new Map<string, Set<Connection>>()
  #count = 0
  #check: Timer | undefined
  #checks = 0
  #emptied: (() => void) | undefined

  constructor(options: LiveOptions) {
    const { welcome } = options
    this.#options = options
    this.#hub = new Hub({ ...options, ep: `${welcome.node}:${welcome.boot}` })
    this.#ports = {
      ...options,
      hub: this.#hub,
      commands: new Commands(options),
      join: (connection, key) => this.#join(connection, key),
      left: (connection, key) => this.#left(connection, key),
    }
  }

  get connectionCount(): number {
    return this.#count
  }

  get viewCount(): number {
    return this.#hub.viewCount
  }

  /** False: there are too many already that have not said who they are. */
  hasRoom(): boolean {
    return this.#strangers.size < this.#options.limits.strangersMax
  }

  open(socket: Socket): SocketListener {
    const connection = new Connection(socket, this.#ports)
    this.#strangers.add(connection)
    this.#count += 1
    this.#check ??= this.#options.clock.after(CHECK_MS, () => this.#checkAll())
    return connection
  }

  /** Ends a key's connections. */
  signedOut(key: string): void {
    for (const connection of [...(this.#byKey.get(key) ?? [])]) connection.close('unauthenticated')
  }

  /** Tells every page to come back a little later; `done` once all have gone. */
  drain(done: () => void): void {
    if (this.#count === 0) return done()
    this.#emptied = done
    const spreadMs = RETURN_MS + this.#count
    for (const connection of [...this.#all()]) {
      connection.close('draining', RETURN_MS + this.#options.random.below(spreadMs))
    }
  }

  #join(connection: Connection, key: string): Principal | 'unknown' | 'crowded' {
    const { authenticate, limits } = this.#options
    const principal = authenticate(key, true)
    if (!principal) return 'unknown'
    const others = this.#byKey.get(key) ?? new Set()
    if (others.size >= limits.socketsPerKeyMax) return 'crowded'
    this.#byKey.set(key, others.add(connection))
    this.#strangers.delete(connection)
    return principal
  }

  #left(connection: Connection, key: string | undefined): void {
    this.#count -= 1
    this.#strangers.delete(connection)
    if (key !== undefined) {
      const others = this.#byKey.get(key)
      others?.delete(connection)
      if (others?.size === 0) this.#byKey.delete(key)
    }
    if (this.#count === 0) this.#emptied?.()
  }

  *#all(): Generator<Connection> {
    yield* this.#strangers
    for (const connections of this.#byKey.values()) yield* connections
  }

  #checkAll(): void {
    const { clock } = this.#options
    this.#check = undefined
    if (this.#count === 0) return
    this.#checks += 1
    for (const [key, connections] of [...this.#byKey]) this.#checkKey(key, [...connections])
    const tells = (this.#checks * CHECK_MS) % HIDDEN_TICK_MS === 0
    sliced(clock, [...this.#all()], CONNECTIONS_A_TURN, (connection) => {
      connection.check()
      if (tells) connection.tick()
    })
    this.#check = clock.after(CHECK_MS, () => this.#checkAll())
  }

  #checkKey(key: string, connections: readonly Connection[]): void {
    const seen = connections.some(({ visible }) => visible)
    const principal = this.#options.authenticate(key, seen)
    for (const connection of connections) {
      if (principal) connection.become(principal)
      else connection.close('unauthenticated')
    }
  }
}
