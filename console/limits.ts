/** What the console works with. Each is per node unless said otherwise. */
export interface ConsoleLimits {
  /** Largest body of a request. Unit: bytes. [1 MiB] */
  readonly bodyBytesMax: number
  /** Requests of one credential that are not answered yet [256]. */
  readonly inFlightMax: number
  /** Sockets that have not said who they are yet [200], and for how long [5 s]. */
  readonly strangersMax: number
  readonly helloMs: number
  /** Sockets of one credential [20]. */
  readonly socketsPerKeyMax: number
  /** Channels of one socket [32]. */
  readonly channelsMax: number
  /** Messages of one socket: at once, and a second [2,000; 1,000]. */
  readonly messagesBurst: number
  readonly messagesPerSecond: number
  /** Commands of one socket that are not answered yet [32]. */
  readonly commandsMax: number
}

export const CONSOLE_LIMITS: ConsoleLimits = {
  bodyBytesMax: 1024 * 1024,
  inFlightMax: 256,
  strangersMax: 200,
  helloMs: 5_000,
  socketsPerKeyMax: 20,
  channelsMax: 32,
  messagesBurst: 2_000,
  messagesPerSecond: 1_000,
  commandsMax: 32,
}
