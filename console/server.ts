import type { Principal } from '../actors/doors/principal.ts'
import { Door, type DoorOptions } from './door.ts'
import { readBuiltPage } from './files/built-page.ts'
import { listen, type ListenOptions } from './http/listen.ts'
import type { HttpServer } from './http/server.ts'
import { CONSOLE_LIMITS, type ConsoleLimits } from './limits.ts'

/**
 * The console of a node: the page, the live socket that feeds it, and the HTTP API, in clear text,
 * and therefore on loopback addresses only.
 */
export interface Console {
  /** `host:port` as it is heard on. */
  readonly address: string
  readonly served: HttpServer['form']
  /** A link that signs in, once, whoever opens it within a minute; they act as `by`. */
  link(by: Principal): { readonly url: string; readonly expiresMs: number }
  /** Sends pages away, answers what is under way, and closes, at the latest `deadlineMs` from now. */
  stop(deadlineMs: number): Promise<void>
}

export interface ConsoleOptions
  extends Omit<DoorOptions, 'limits' | 'page'>,
    Pick<ListenOptions, 'cache' | 'fellBack'> {
  /** `host:port`; port 0 takes any that is free. */
  readonly listen: string
  /** Folder of the built page. */
  readonly page?: string
  readonly limits?: Partial<ConsoleLimits>
  /** How to listen; default: with uWebSockets.js, where it can be loaded. */
  open?(options: ListenOptions): Promise<HttpServer>
}

/** Names under which a browser reaches any loopback address that is usual. */
const LOCALHOST = new Set(['127.0.0.1', '::1'])

/** Resolves once it listens. Throws `FAILED_PRECONDITION` when it cannot. */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { clock, open = listen } = options
  const colon = options.listen.lastIndexOf(':')
  const host = options.listen.slice(0, colon).replaceAll(/[[\]]/g, '')
  const port = Number(options.listen.slice(colon + 1))
  const page = readBuiltPage(options.page ?? `${import.meta.dirname}/page/built`)
  // Nothing is read from the port in this turn of the loop, and at its end there is a door.
  const listener = {
    request: (...asked) => door.request(...asked),
    upgrade: (...asked) => door.upgrade(...asked),
  } satisfies ListenOptions['listener']
  const server = await open({ ...options, host, port, listener })
  const limits = { ...CONSOLE_LIMITS, ...options.limits }
  const door = new Door({ ...options, limits, page }, server, host)

  return {
    address: `${options.listen.slice(0, colon)}:${server.port}`,
    served: server.form,
    link(by) {
      const { code, expiresMs } = door.sessions.link(by)
      const name = LOCALHOST.has(host) ? 'localhost' : options.listen.slice(0, colon)
      return { url: `http://${name}:${server.port}/#c=${code}`, expiresMs }
    },
    stop: (deadlineMs) =>
      new Promise((resolve) => {
        const end = (): void => {
          timer.cancel()
          server.stop()
          resolve()
        }
        const timer = clock.after(deadlineMs, end)
        door.drain(end)
      }),
  }
}
