import { RuntimeError } from '../../runtime/errors.ts'
import { DOORS, type Door, type NodeConfiguration } from './keys.ts'
import { parseAddress } from './values.ts'

/**
 * Which ports a node takes. The default addresses move together, by ten, past every set of five that
 * another Architect uses; an address that somebody asked for stays where it is. A port that another
 * program holds ends the start, and the message names that program. The last three ports of a set
 * are for a cluster of many machines: nothing listens there yet, so nobody looks who has them.
 */
export type Addresses = Readonly<Record<Door, string>>

/** Who listens on a port, if anybody does. */
export type Holder =
  | { readonly type: 'nobody' }
  | { readonly type: 'architect' }
  /** `name` as `"python3" (pid 4711)`, when it can be told. */
  | { readonly type: 'other'; readonly name?: string }

export type PortProbe = (host: string, port: number) => Promise<Holder>

/** Nodes on one machine, by default ports. */
const SETS_MAX = 50
const SET_STEP = 10

/** Throws `FAILED_PRECONDITION` when a port is taken. Between this and listening it may be again. */
export async function chooseAddresses(
  configuration: Pick<NodeConfiguration, Door | 'explicit'>,
  probe: PortProbe,
): Promise<Addresses> {
  const { explicit } = configuration
  for (const door of DOORS.filter((each) => explicit.has(each))) {
    const found = await holderOf(door, configuration[door], probe)
    if (found) throw taken(door, found)
  }
  const movable = DOORS.filter((each) => !explicit.has(each))
  for (let set = 0; set < SETS_MAX; set++) {
    const addresses = { ...configuration, ...moved(configuration, movable, set * SET_STEP) }
    const found = await firstHolder(addresses, movable, probe)
    if (!found) return { console: addresses.console, admin: addresses.admin }
    const ours = found.some(({ holder }) => holder.type === 'architect')
    const [first] = found
    if (set === 0 && !ours && first) throw taken(first.door, first)
  }
  const message = `Cannot find a free set of ports: ${SETS_MAX} sets from 8080 on are taken`
  throw new RuntimeError('FAILED_PRECONDITION', message)
}

interface Found {
  readonly door: Door
  readonly address: string
  readonly holder: Exclude<Holder, { readonly type: 'nobody' }>
}

/** `undefined` when all doors are free. */
async function firstHolder(
  addresses: Addresses,
  doors: readonly Door[],
  probe: PortProbe,
): Promise<readonly Found[] | undefined> {
  const found = await Promise.all(doors.map((door) => holderOf(door, addresses[door], probe)))
  const holders = found.filter((each) => each !== undefined)
  return holders.length > 0 ? holders : undefined
}

async function holderOf(door: Door, address: string, probe: PortProbe): Promise<Found | undefined> {
  const { host, port } = parseAddress(address) ?? { host: '', port: 0 }
  if (port === 0) return undefined // Any port that is free.
  const holder = await probe(host, port)
  return holder.type === 'nobody' ? undefined : { door, address, holder }
}

function moved(from: Addresses, doors: readonly Door[], by: number): Partial<Addresses> {
  return Object.fromEntries(
    doors.map((door) => {
      const { host, port } = parseAddress(from[door]) ?? { host: '', port: 0 }
      return [door, `${host.includes(':') ? `[${host}]` : host}:${port === 0 ? 0 : port + by}`]
    }),
  )
}

function taken(door: Door, { address, holder }: Found): RuntimeError {
  const name = holder.type === 'architect' ? 'another Architect node' : (holder.name ?? 'a program')
  return new RuntimeError(
    'FAILED_PRECONDITION',
    `Cannot listen on ${address}: ${name} has that port; stop it, or give another with --${door}`,
  )
}
