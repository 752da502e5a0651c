import { assert } from '../../errors.ts'
import type { Timer } from '../../scheduling/clock.ts'
import type { Runnable } from '../../scheduling/run-queue.ts'
import type { Ending, Supervision } from '../../supervision/supervision.ts'
import type { ActorPorts } from '../actor-ports.ts'
import { type ActorId, actorIdOf, type ActorRef } from '../actor-ref.ts'
import { refuse } from '../asks.ts'
import type { Message } from '../behavior.ts'
import { type ChildSpec, MAILBOX_DEFAULTS, SHUTDOWN_MS, supervisionOf } from '../child-spec.ts'
import { type Mail, messageIn, NOTICE, weighing } from '../mailbox/mail.ts'
import { Mailbox } from '../mailbox/mailbox.ts'
import { Sorting } from '../mailbox/sorting.ts'
import { type ActorMetrics, type CellStatus, Counts } from '../metrics.ts'
import type { Watched, Watcher } from './cell-context.ts'
import { type Child, Children, type Supervisor } from './children.ts'
import { Life, type LifeHost } from './life.ts'

const NEXT: Record<CellStatus, readonly CellStatus[]> = {
  starting: ['running', 'ending'],
  running: ['ending'],
  ending: ['pausing', 'stopped'],
  pausing: ['starting', 'stopped'],
  stopped: [],
}

/**
 * A running actor. Over all its lives it keeps its id and its mailbox; its state, and all that it
 * began, is of one life.
 *
 * Whatever its handlers throw ends this life and nothing else: the supervisor decides on the next.
 * The message over which it failed is gone, since it would fail again; the others wait.
 */
export class Cell<M extends Message> implements LifeHost<M>, Runnable, Child, Supervisor, Watched {
  readonly id: ActorId
  readonly name: string
  readonly path: string
  readonly supervision: Supervision
  readonly ports: ActorPorts
  readonly #spec: ChildSpec<M>
  readonly #supervisor: Supervisor
  readonly #mailbox: Mailbox<Mail<M>>
  readonly #sorting: Sorting<M>
  readonly #plain: boolean
  readonly #counts = new Counts()
  #status: CellStatus = 'starting'
  #life: Life<M>
  /** In the run queue, or on its turn, or with nothing to do there whatever it is told. */
  #queued = true
  /** Its supervisor wants it to end, for good. */
  #leaving = false
  #ending: Ending = { type: 'stopped' }
  #children: Children | undefined
  #watchers: Set<Watcher> | undefined
  /** Of the pause before the next life, or of the patience with this one. */
  #timer: Timer | undefined

  constructor(spec: ChildSpec<M>, supervisor: Supervisor, ports: ActorPorts) {
    assert(spec.name !== '' && !spec.name.includes('/'), 'a name is one part of a path')
    this.name = spec.name
    this.id = actorIdOf(supervisor.path + spec.name)
    this.path = `${this.id}/`
    this.supervision = supervisionOf(spec)
    this.ports = ports
    this.#spec = spec
    this.#supervisor = supervisor
    const { mailbox = {} } = spec
    this.#mailbox = new Mailbox({ ...MAILBOX_DEFAULTS, ...mailbox }, weighing(mailbox.bytesOf))
    this.#sorting = new Sorting(this.#mailbox, mailbox)
    this.#plain = this.#sorting.none
    this.#life = new Life(this)
  }

  /** Once its supervisor knows it. */
  start(): void {
    this.ports.runQueue.ready(this)
  }

  tell(message: M, deadlineMs = Infinity): boolean {
    const taken =
      this.#plain && deadlineMs === Infinity
        ? this.#mailbox.put(message)
        : this.#sorting.put(message, deadlineMs)
    if (!taken) return this.#refuse(message)
    this.#wake()
    return true
  }

  #refuse(message: M): false {
    this.#counts.refused += 1
    this.#drop(message, this.#status === 'stopped' ? 'stopped' : 'full')
    return false
  }

  #drop(message: M, reason: 'full' | 'stopped' | 'expired' | 'unhandled'): void {
    refuse(message, reason)
    this.ports.deadLetters.add(this.id, message.type, reason)
  }

  #wake(): void {
    if (this.#queued) return
    this.#queued = true
    this.ports.runQueue.ready(this)
  }

  run(most: number): number {
    if (this.#status !== 'running') return this.#begin()
    const mailbox = this.#mailbox
    const timed = this.#counts.turn(mailbox.count)
    const fromMs = timed ? this.ports.clock.monotonicMs() : 0
    let left = most
    let mail: Mail<M> | undefined
    let goesOn = true
    try {
      while (goesOn && left > 0) {
        mail = mailbox.take()
        if (mail === undefined) break
        left -= 1
        goesOn = this.#life.take(mail)
      }
      if (!goesOn) this.#end({ type: 'stopped' })
    } catch (error) {
      this.#fail(error, mail)
    }
    const done = most - left
    this.#counts.messages += done
    if (timed) this.#counts.timed(done, this.ports.clock.monotonicMs() - fromMs)
    this.#rest()
    return done
  }

  #begin(): number {
    if (this.#status !== 'starting') return 0
    try {
      this.#become('running')
      if (!this.#life.begin(this.#spec.start)) this.#end({ type: 'stopped' })
    } catch (error) {
      this.#fail(error)
    }
    this.#rest()
    return 1
  }

  /** The end of a turn. Whoever does not run is not woken either. */
  #rest(): void {
    if (this.#status !== 'running') return
    this.#queued = this.#mailbox.count > 0
    if (this.#queued) this.ports.runQueue.ready(this)
  }

  #fail(error: unknown, mail?: Mail<M>): void {
    this.#counts.failures += 1
    const message = mail && messageIn(mail)
    if (message) refuse(message, 'failed')
    this.ports.failed(this.id, error)
    this.#end({ type: 'failed', error })
  }

  /** This life is over; once its children have gone, the supervisor decides on another. */
  #end(ending: Ending): void {
    this.#become('ending')
    this.#queued = true
    this.#ending = ending
    this.#timer?.cancel()
    this.#life.end()
    if (this.#children && this.#children.count > 0) this.#children.leave()
    else this.#ended()
  }

  #ended(): void {
    for (const run of this.#life.cleanups()) this.#clean(run)
    this.#life = new Life(this) // Nothing of the old one is kept alive by a ref.
    if (this.#leaving) this.bury()
    else this.#supervisor.ended(this, this.#ending)
  }

  /** One that fails does not keep the others from being done. */
  #clean(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#counts.failures += 1
      this.ports.failed(this.id, error)
    }
  }

  #become(status: CellStatus): void {
    assert(NEXT[this.#status].includes(status), `nothing ${this.#status} becomes ${status}`)
    this.#status = status
  }

  leave(): void {
    if (this.#leaving) return
    this.#leaving = true
    if (this.#status === 'pausing') return this.bury()
    if (this.#status === 'starting') return this.#end({ type: 'stopped' })
    if (this.#status !== 'running') return
    this.#mailbox.putSignal({ type: NOTICE, sort: 'stop' })
    this.#wake()
    const patienceMs = this.#spec.shutdownMs ?? SHUTDOWN_MS
    this.#timer = this.ports.clock.after(patienceMs, () => this.#end({ type: 'stopped' }))
  }

  restart(afterMs: number): void {
    this.#become('pausing')
    this.#mailbox.unstash()
    this.#timer = this.ports.clock.after(afterMs, () => {
      this.#become('starting')
      this.#counts.restarts += 1
      this.start()
    })
  }

  bury(): void {
    this.#timer?.cancel()
    this.#become('stopped')
    for (const message of this.#sorting.close()) this.#drop(message, 'stopped')
    for (const watcher of this.#watchers ?? []) watcher.mourn(this)
    this.#watchers = undefined
    this.#supervisor.gone(this)
  }

  spawn<N extends Message>(spec: ChildSpec<N>): ActorRef<N> {
    const { clock, random } = this.ports
    this.#children ??= new Children({
      ...{ clock, random },
      escalated: (child, error) => this.#escalated(child, error),
      emptied: () => {
        if (this.#status === 'ending') this.#ended()
      },
    })
    const child = new Cell(spec, this, this.ports)
    this.#children.add(child)
    child.start()
    return child
  }

  #escalated(child: Child, error: Error): void {
    child.bury()
    if (this.#status === 'running') this.#fail(error)
  }

  stopChild(actor: ActorRef<never>): void {
    this.#children?.find(actor)?.leave()
  }

  ended(child: Child, ending: Ending): void {
    this.#children?.ended(child, ending)
  }

  gone(child: Child): void {
    this.#children?.gone(child)
  }

  own(make: () => M | undefined): void {
    this.#mailbox.putOwn({ type: NOTICE, sort: 'own', make })
    this.#wake()
  }

  stash(mail: Mail<M>): void {
    this.#mailbox.stash(mail)
  }

  unstash(): void {
    this.#mailbox.unstash()
  }

  drop(message: M, reason: 'expired' | 'unhandled'): void {
    if (reason === 'expired') this.#counts.expired += 1
    this.#drop(message, reason)
  }

  watchedBy(watcher: Watcher): void {
    if (this.#status === 'stopped') return watcher.mourn(this)
    this.#watchers ??= new Set()
    this.#watchers.add(watcher)
  }

  unwatchedBy(watcher: Watcher): void {
    this.#watchers?.delete(watcher)
  }

  mourn(actor: ActorRef<never>): void {
    this.#mailbox.putSignal({ type: NOTICE, sort: 'terminated', actor })
    this.#wake()
  }

  *metrics(): Generator<ActorMetrics> {
    const { messages, failures, restarts, refused, expired, waitingMax, times } = this.#counts
    yield {
      id: this.id,
      status: this.#status,
      ...{ messages, failures, restarts, refused, expired },
      waiting: this.#mailbox.count,
      waitingMax,
      stashed: this.#mailbox.stashedCount,
      ...times,
    }
    if (this.#children) yield* this.#children.metrics()
  }
}
