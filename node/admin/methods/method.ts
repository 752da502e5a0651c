import type { Principal, Role } from '../../../actors/doors/principal.ts'
import type { Fleet } from '../../../actors/fleet.ts'
import type { Clock } from '../../../runtime/scheduling/clock.ts'
import type { Credentials } from '../../credentials.ts'
import type { AdminActions } from '../actions.ts'
import type { AdminLimits } from '../limits.ts'

/** What every method may use. */
export interface Ports {
  readonly fleet: Fleet
  readonly credentials: Credentials
  readonly actions: AdminActions
  readonly clock: Clock
  readonly limits: AdminLimits
}

/** Who calls, and until when an answer is of use. */
export interface Caller {
  readonly principal: Principal
  /** On the monotonic clock. */
  readonly deadlineMs?: number
}

/** The way out of a stream. */
export interface Outlet {
  /** `false`: write no more until the stream is told `drained`. */
  write(message: object): boolean
  /** Ends the stream; later calls of anything do nothing. */
  end(failure?: unknown): void
}

/** An open stream, told of what the other side does. */
export interface Feed {
  drained(): void
  /** The caller has gone, or the stream was ended: stop the work. Called once. */
  close(): void
}

/** A stream that also reads. */
export interface Exchange extends Feed {
  /** `false`: read no more until `resume` of the inlet is called. */
  receive(message: object): boolean
  /** The other side has said all. */
  finish(): void
}

export interface Inlet {
  resume(): void
}

/** One method of the service. `Request` is what protobuf decoded: fields not sent are missing. */
export type Method<Request = object> =
  | {
      readonly shape: 'unary'
      readonly role: Role
      readonly answer: (request: Request, caller: Caller, ports: Ports) => Promise<object> | object
    }
  | {
      readonly shape: 'stream'
      readonly role: Role
      readonly open: (request: Request, caller: Caller, ports: Ports, outlet: Outlet) => Feed
    }
  | {
      readonly shape: 'exchange'
      readonly role: Role
      readonly open: (caller: Caller, ports: Ports, outlet: Outlet, inlet: Inlet) => Exchange
    }
