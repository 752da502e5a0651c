import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import type { Blobs } from '../../runtime/storage/blobs/blobs.ts'
import type { Engine } from '../../runtime/storage/engine.ts'
import type { StoreId } from '../../runtime/storage/store-id.ts'
import type { PeerMessage, Transport } from '../../runtime/transport/transport.ts'

/**
 * One life of a node program: everything it does to the world passes through here. Once it has
 * ended, what it still asks for has no effect, and nothing reaches it any more.
 */
export class Life {
  readonly boot: number
  #alive = true
  readonly #step: (label: string) => boolean

  /** @param step told of every step by its label; `false` ends the life right there. */
  constructor(boot: number, step: (label: string) => boolean) {
    this.boot = boot
    this.#step = step
  }

  get alive(): boolean {
    return this.#alive
  }

  end(): void {
    this.#alive = false
  }

  /** True if the life goes on beyond this step. */
  step(label: string): boolean {
    if (this.#alive && !this.#step(label)) this.#alive = false
    return this.#alive
  }

  clock(clock: Clock): Clock {
    const ifAlive = (run: () => void) => (): void => {
      if (this.#alive) run()
    }
    return {
      wallMs: () => clock.wallMs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, run): Timer => clock.after(delayMs, ifAlive(run)),
      soon: (run) => clock.soon(ifAlive(run)),
      defer: (run) => clock.defer(ifAlive(run)),
    }
  }

  blobs(blobs: Blobs): Blobs {
    return {
      seal: (source, blob, done) => {
        if (!this.step('blob seal')) return
        blobs.seal(source, blob, (error) => {
          if (this.step('blob sealed')) done(error)
        })
      },
      read: (blob, at, bytes, done) => blobs.read(blob, at, bytes, done),
      old: (beforeMs, countMax, done) => blobs.old(beforeMs, countMax, done),
      remove: (hashes, beforeMs, done) => blobs.remove(hashes, beforeMs, done),
    }
  }

  engine(engine: Engine, name: string): Engine {
    return {
      write: (ops, done) => {
        if (!this.step(`${name} write`)) return
        engine.write(ops, (error) => {
          if (this.step(`${name} written`)) done(error)
        })
      },
      get: (key) => engine.get(key),
      scan: (range, visit, done) =>
        engine.scan(range, visit, (error) => this.#alive && done(error)),
      snapshot: () => engine.snapshot(),
      close: (done) => engine.close(done),
    }
  }

  transport(transport: Transport): Transport {
    return {
      send: (to: StoreId, message: PeerMessage) => {
        if (this.step(`send ${message.to}`)) transport.send(to, message)
      },
      receive: (listener) =>
        transport.receive((from, message) => {
          if (this.step(`receive ${message.to}`)) listener(from, message)
        }),
    }
  }
}
