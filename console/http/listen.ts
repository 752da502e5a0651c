import type { HttpServer, HttpServerOptions } from './server.ts'
import { listenNode } from './node-server.ts'
import { listenUws } from './uws-server.ts'
import { loadUws, type UwsModule } from './native/load.ts'

export interface ListenOptions extends HttpServerOptions {
  /** Folder for a copy of the native library, should this machine need one. */
  readonly cache: string
  /** Told why uWebSockets.js does not serve. */
  fellBack(failure: unknown): void
}

/**
 * Serves with uWebSockets.js, or with `node:http` where that cannot be loaded. Throws
 * `FAILED_PRECONDITION` when it cannot listen: a port that is taken is no reason to fall back.
 */
export async function listen(options: ListenOptions): Promise<HttpServer> {
  const uws = loaded(options)
  return uws ? listenUws(uws, options) : listenNode(options)
}

function loaded({ cache, fellBack }: ListenOptions): UwsModule | undefined {
  try {
    return loadUws(cache)
  } catch (failure) {
    fellBack(failure)
    return undefined
  }
}
