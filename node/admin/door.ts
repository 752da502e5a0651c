import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js'
import type { Fleet } from '../../actors/fleet.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import type { Credentials } from '../credentials.ts'
import type { AdminActions } from './actions.ts'
import { createCalls } from './calls.ts'
import { ADMIN_SERVICE, loadDefinitions, SENT } from './definitions.ts'
import { createHealth } from './health.ts'
import { ADMIN_LIMITS, type AdminLimits } from './limits.ts'
import { METHODS } from './methods/table.ts'
import { addReflection } from './reflection.ts'

/**
 * The gRPC door of a node: `architect.admin.v1.Admin`, standard health and standard reflection, in
 * clear text, and therefore on loopback addresses only.
 */
export interface AdminDoor {
  /** `host:port` as it is heard on. */
  readonly address: string
  /** Takes no new calls, ends the streams, waits for what is under way until `deadlineMs` from now. */
  stop(deadlineMs: number): Promise<void>
}

export interface AdminDoorOptions {
  readonly fleet: Fleet
  readonly credentials: Credentials
  readonly actions: AdminActions
  readonly clock: Clock
  /** `host:port`; port 0 takes any that is free. */
  readonly listen: string
  readonly limits?: Partial<AdminLimits>
  /** Told of failures that are bugs: the caller only learns that there was one. */
  readonly unexpected: (failure: unknown, method: string) => void
}

/** Bytes a peer may send before we have read them. With less, many small frames wait for us. */
const WINDOW_BYTES = 1024 * 1024

/** Resolves once it listens. Throws `FAILED_PRECONDITION` when it cannot. */
export async function startAdmin(options: AdminDoorOptions): Promise<AdminDoor> {
  const limits = { ...ADMIN_LIMITS, ...options.limits }
  const server = new Server(serverOptions(limits))
  const calls = createCalls({ ...options, limits })
  const { fleet, clock } = options
  const ready = (): boolean => fleet.unready() === undefined
  const health = createHealth({ services: ['', ADMIN_SERVICE], clock, ready })
  const definitions = loadDefinitions('admin.proto', SENT)

  const methods: UntypedServiceImplementation = {}
  for (const [name, method] of Object.entries(METHODS)) methods[name] = calls.answer(name, method)
  server.addService(definitions.service(ADMIN_SERVICE), methods)
  health.addTo(server)
  addReflection(server)

  const address = await listen(server, options.listen)
  return {
    address,
    async stop(deadlineMs) {
      calls.endStreams()
      health.endStreams()
      await stopServer(server, options.clock, deadlineMs)
    },
  }
}

function serverOptions(limits: AdminLimits): Record<string, number> {
  return {
    'grpc.max_receive_message_length': limits.messageBytesMax,
    'grpc.max_send_message_length': limits.messageBytesMax,
    'grpc.max_concurrent_streams': limits.callsMax,
    'grpc.keepalive_time_ms': limits.keepaliveIntervalMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc-node.flow_control_window': WINDOW_BYTES,
    'grpc.enable_channelz': 0,
  }
}

function listen(server: Server, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (failure, port) => {
      if (!failure) return resolve(`${address.slice(0, address.lastIndexOf(':'))}:${port}`)
      const message = `Cannot listen for gRPC on ${address}: ${failure.message}`
      reject(new RuntimeError('FAILED_PRECONDITION', message, { cause: failure }))
    })
  })
}

function stopServer(server: Server, clock: Clock, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(deadlineMs, () => {
      server.forceShutdown()
      resolve()
    })
    server.tryShutdown(() => {
      timer.cancel()
      resolve()
    })
  })
}
