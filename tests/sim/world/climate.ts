/** How hard a simulated world is on its node, and what is asked of it there. */
export interface Climate {
  readonly name: string
  /** How long faults go on. Virtual ms. */
  readonly faultsMs: number
  /** How long it is calm after, at least. Virtual ms. */
  readonly calmMs: number
  /** Over the time of faults. */
  readonly requests: number
  readonly projects: readonly string[]
  /** Shares of requests: with a dependency in another project, with a time limit of at most so long. */
  readonly remote: number
  readonly limited: number
  readonly limitMsMax: number
  /** Share of commands that run for longer than a node waits to say again what it holds. */
  readonly long: number
  /** The most steps that a life takes once the node serves, and that a holder lives; 0: any. */
  readonly lifeStepsMax: number
  readonly holderStepsMax: number
  /** Share of starts of a command whose time limit the holder forgets. */
  readonly forgetfulHolder: number
  /** The longest that a word to or from the holder takes. Unit: ms. */
  readonly holderMs: number
  /** How often a node says what it holds. Unit: ms. */
  readonly renewMs: number
  /** By how much the database of history is slower than the other. */
  readonly coldSlower: number
  /** Chances for each batch: to fail, to find the disk full for a while, to take seconds. */
  readonly writeFails: number
  readonly full: number
  readonly stalls: number
  /** Chances at each death: that the disk comes back older, that a value of it is damaged. */
  readonly rollBack: number
  readonly rot: number
  /** Chances for each message between parts: to be lost, doubled, late. */
  readonly lose: number
  readonly double: number
  readonly late: number
  /** Chance that a handler of an actor fails over something that it does to the world. */
  readonly handlerFails: number
  /** How often somebody else fills the disk, for a while. */
  readonly fills: number
  /** How often the wall clock is set. */
  readonly jumps: number
  /** Ended tasks that are kept, and how long keys are. Unit of the second: days. */
  readonly historyTasksMax: number
  readonly keyDays: number
}

const TEMPERATE: Climate = {
  name: 'temperate',
  faultsMs: 20_000,
  calmMs: 0,
  requests: 24,
  projects: ['p0', 'p1'],
  remote: 0.1,
  limited: 0.1,
  limitMsMax: 5_000,
  long: 0.05,
  lifeStepsMax: 500,
  holderStepsMax: 400,
  forgetfulHolder: 0.1,
  holderMs: 3,
  renewMs: 10_000,
  coldSlower: 3,
  writeFails: 0.001,
  full: 0.0003,
  stalls: 0.0005,
  rollBack: 0.2,
  rot: 0.02,
  lose: 0,
  double: 0,
  late: 0,
  handlerFails: 0.002,
  fills: 2,
  jumps: 0,
  historyTasksMax: 1_000_000,
  keyDays: 7,
}

/** Projects of as many shards, but for the last two, which share one. */
const MANY = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'twin35', 'twin40']

/** Each seed lives in one of them, in turn. */
export const CLIMATES: readonly Climate[] = [
  TEMPERATE,
  { ...TEMPERATE, name: 'short lives', ...{ lifeStepsMax: 150, long: 0.4, coldSlower: 20 } },
  { ...TEMPERATE, name: 'letters', ...{ projects: MANY, remote: 0.6, requests: 30, long: 0 } },
  {
    ...TEMPERATE,
    name: 'bad wires',
    ...{ lose: 0.05, double: 0.05, late: 0.1, renewMs: 1_000 },
    ...{ projects: MANY, remote: 0.4, lifeStepsMax: 1_500 },
  },
  {
    ...TEMPERATE,
    name: 'set clocks',
    ...{ jumps: 6, faultsMs: 40_000, limited: 0.3, long: 0.2, lifeStepsMax: 1_000 },
  },
  {
    ...TEMPERATE,
    name: 'bad disks',
    ...{ writeFails: 0.005, full: 0.002, stalls: 0.01, coldSlower: 40 },
    ...{ rollBack: 0.5, rot: 0.4, fills: 8 },
  },
  {
    ...TEMPERATE,
    name: 'frail holder',
    ...{ holderStepsMax: 30, holderMs: 150, long: 0.3, faultsMs: 30_000, lifeStepsMax: 1_000 },
  },
  { ...TEMPERATE, name: 'fragile actors', ...{ handlerFails: 0.04, lifeStepsMax: 5_000 } },
  {
    ...TEMPERATE,
    name: 'long limits',
    ...{ limited: 0.7, limitMsMax: 25_000, forgetfulHolder: 1, holderStepsMax: 0 },
    ...{ faultsMs: 60_000 },
  },
  {
    ...TEMPERATE,
    name: 'short memory',
    ...{
      faultsMs: 600_000,
      calmMs: 700_000,
      historyTasksMax: 4,
      keyDays: 0.003,
      lifeStepsMax: 400,
      jumps: 1,
    },
  },
]

/** Nothing befalls anybody, but what a test does. */
export const GENTLE: Climate = {
  ...TEMPERATE,
  name: 'gentle',
  ...{ faultsMs: 3_000, requests: 6, limited: 0, remote: 0.3, historyTasksMax: 2 },
  ...{ lifeStepsMax: 0, holderStepsMax: 0, forgetfulHolder: 0, handlerFails: 0, fills: 0 },
  ...{ writeFails: 0, full: 0, stalls: 0, rollBack: 0, rot: 0 },
}

export function climateOf(seed: number): Climate {
  return CLIMATES[seed % CLIMATES.length] ?? TEMPERATE
}
