import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Principal } from '../actors/doors/principal.ts'
import type { FleetStatus } from '../actors/fleet.ts'
import { startConsole } from '../console/server.ts'
import { Node } from '../actors/node.ts'
import { WORK_DEFAULTS } from '../actors/assignment/options.ts'
import { OneVoterAuthority } from '../runtime/authority/one-voter-authority.ts'
import type { RuntimeError } from '../runtime/errors.ts'
import { systemClock } from '../runtime/scheduling/system-clock.ts'
import { systemRandom } from '../runtime/scheduling/system-random.ts'
import { BlobDirectory } from '../runtime/storage/blobs/blob-directory.ts'
import { backup } from '../runtime/storage/directory/backup.ts'
import { chainHash, contentHash } from '../runtime/storage/checksum.ts'
import { storeIdOf } from '../runtime/storage/store-id.ts'
import { Loopback } from '../runtime/transport/loopback.ts'
import { startAdmin } from './admin/door.ts'
import { chooseAddresses } from './config/addresses.ts'
import type { NodeConfiguration } from './config/keys.ts'
import { probePort } from './config/port-probe.ts'
import { createCredentials } from './credentials.ts'
import { createHolderClient, type HolderClient } from './holder/client.ts'
import { nextBoot } from './boot.ts'
import { openStore } from './store/open-store.ts'
import { openCredential, removeLocalAccess, writeLocalAccess } from './local-access.ts'
import { NodeReport } from './node-report.ts'
import { schemas } from './schemas.ts'
import { sessionStore } from './session-store.ts'
import { tokenStore } from './token-store.ts'
import { VERSION } from './version.ts'

/** How long the shards may take to become active before the node gives up. Unit: ms. */
const ACTIVE_MS = 30_000

export interface RunningNode {
  readonly addresses: FleetStatus['addresses']
  readonly data: string
  /** A sign-in link that works once. */
  link(): string
  /** Is unready, lets that be noticed, then takes no more, and writes what is still in memory. */
  stop(): Promise<void>
}

export interface Events {
  /** The store can no longer acknowledge anything: the program must end. */
  storeFailed(error: RuntimeError): void
  alarm(what: string, error: unknown): void
  /** One line for the operator. */
  note(line: string): void
}

/**
 * Builds a node out of its parts, with the real world at its edges.
 *
 * @param terminals another form of them, for who measures all but them.
 */
export async function compose(
  configuration: NodeConfiguration,
  events: Events,
  terminals?: HolderClient,
): Promise<RunningNode> {
  const { data, name, noticeMs, drainMs } = configuration
  const clock = systemClock
  const random = systemRandom
  const { directory, space } = await openStore({ configuration, clock, ...events })
  const { hot, cold, sentinel } = directory
  const self = storeIdOf(sentinel.storeId)
  const addresses = await chooseAddresses(configuration, probePort)
  const entry = await nextBoot(directory)
  const credentials = await createCredentials({
    local: await openCredential(data),
    tokens: tokenStore(hot),
    clock,
    random,
  })
  const holder = terminals ?? createHolderClient({ data, store: sentinel.storeId, build: VERSION })
  const blobs = new BlobDirectory(data)
  const authority = new OneVoterAuthority({ store: hot })
  const report = new NodeReport({ configuration, directory, blobs, space, entry, clock, holder })
  const node: Node = new Node({
    ...{ self, entry, hot, cold, space, authority, clock, random, configuration },
    clusterId: sentinel.clusterId,
    transport: new Loopback(self, clock),
    terminals: holder,
    blobs,
    chain: chainHash,
    work: WORK_DEFAULTS,
    slots: configuration.slots,
    labels: configuration.labels,
    retention: configuration.retention,
    digest: contentHash,
    lacks,
    status: (counts) => report.status(counts, node),
    alarm: (shard, error) => events.alarm(`shard ${shard}`, error),
    failed: (actor, error) => events.alarm(`actor ${actor}`, error),
  })
  node.start()
  await active(node)

  const { fleet, actors } = node
  const kept = await sessionStore(hot)
  const unexpected = (failure: unknown, what: string): void => events.alarm(what, failure)
  const console = await startConsole({
    ...{ fleet, actors, clock, random, unexpected, kept },
    measures: {
      tasks: node.figures,
      commits: () => ({ hot: hot.metrics().commits, cold: cold.metrics().commits }),
    },
    listen: addresses.console,
    verify: (secret) => credentials.verify(secret),
    stands: (principal) => credentials.stands(principal),
    digest: contentHash,
    cache: join(data, 'cache'),
    fellBack: (failure) => events.alarm('uWebSockets.js', failure),
    node: name,
    boot: entry.boot,
    version: VERSION,
  })
  const actions = {
    ...{ actors, schemas },
    backup: (to: string, progress: (copied: number, total: number) => void) =>
      backup(directory, to, { clock, progress }),
    consoleLink: (by: Principal) => Promise.resolve(console.link(by)),
  }
  const admin = await startAdmin({
    ...{ fleet, credentials, actions, clock, unexpected },
    listen: addresses.admin,
    limits: configuration.adminLimits,
  })
  const heard = { console: console.address, admin: admin.address }
  report.listening(heard, console.served)
  await writeLocalAccess(data, { address: admin.address, pid: process.pid, node: name })
  return {
    addresses: heard,
    data,
    link: () => console.link({ name: 'local', role: 'admin' }).url,
    async stop() {
      node.drain()
      await new Promise<void>((noticed) => clock.after(noticeMs, noticed))
      await removeLocalAccess(data)
      await Promise.all([admin.stop(drainMs), console.stop(drainMs)])
      await new Promise<void>((done) => node.stop(done))
      holder.close()
      space.stop()
      await directory.close()
    },
  }
}

async function lacks(directory: string): Promise<boolean> {
  try {
    return !(await stat(directory)).isDirectory()
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
  }
}

async function active(node: Node): Promise<void> {
  const untilMs = systemClock.monotonicMs() + ACTIVE_MS
  const total = node.system.topology?.shards.length ?? 64
  while (node.system.shards.activeCount + node.system.shards.unreadable.size < total) {
    if (systemClock.monotonicMs() > untilMs) throw new Error('the shards did not become active')
    await new Promise<void>((resolve) => systemClock.defer(resolve))
  }
}
