import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { RuntimeError } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import { systemRandom } from '../../runtime/scheduling/system-random.ts'
import { ulid } from '../../runtime/scheduling/ulid.ts'
import { openDirectory, type Directory } from '../../runtime/storage/directory/directory.ts'
import { initDirectory } from '../../runtime/storage/directory/founding.ts'
import { holdsStore } from '../../runtime/storage/directory/sentinel.ts'
import { BallastFile } from '../../runtime/storage/space/ballast-file.ts'
import { diskRoom } from '../../runtime/storage/space/disk-room.ts'
import { formatBytes, fullBelow, type Measured } from '../../runtime/storage/space/space.ts'
import { SpaceWatch } from '../../runtime/storage/space/space-watch.ts'
import { storeIdOf } from '../../runtime/storage/store-id.ts'
import type { NodeConfiguration } from '../config/keys.ts'

/** Between two looks at a disk that is too full to open a store on. Unit: ms. */
const WAIT_MS = 2_000

export interface OpenStoreOptions {
  readonly configuration: NodeConfiguration
  readonly clock: Clock
  /** The store can no longer acknowledge anything: the program must end. */
  storeFailed(error: RuntimeError): void
  /** One line for the operator. */
  note(line: string): void
}

export interface OpenStore {
  readonly directory: Directory
  readonly space: SpaceWatch
}

/** Opens the store of the data directory, made at a first start, once the disk has room for it. */
export async function openStore(options: OpenStoreOptions): Promise<OpenStore> {
  const { configuration, clock, storeFailed } = options
  const { data, disk: limits } = configuration
  await room(options)
  await prepare(options)
  const directory = await openDirectory(data, { clock, failed: storeFailed })
  const space = new SpaceWatch({
    clock,
    limits,
    ballast: new BallastFile(join(data, 'ballast')),
    measure: (done) => diskRoom(data, done),
  })
  await new Promise<void>((looked) => space.start(looked))
  return { directory, space }
}

/** LevelDB writes its log anew as it opens; on a full disk it could not, and we wait for room. */
async function room({ configuration, note }: OpenStoreOptions): Promise<void> {
  const { data, disk } = configuration
  for (let said = false; ; ) {
    const measured = await new Promise<Measured | undefined>((done) => diskRoom(data, done))
    if (!measured) return // What is wrong with it is said by who opens it.
    const needed = fullBelow(measured.totalBytes, disk) / 2
    if (measured.freeBytes >= needed) return
    if (!said) note(`waiting for room in "${data}": ${formatBytes(needed)} have to be free`)
    said = true
    await pause(WAIT_MS) // Of Node's own: it keeps the process alive, as nothing else does yet.
  }
}

/** A first start makes the store. */
async function prepare({ configuration, clock }: OpenStoreOptions): Promise<void> {
  const { data, name: node } = configuration
  if (holdsStore(data)) return
  const wallMs = clock.wallMs()
  const storeId = storeIdOf(ulid(wallMs, systemRandom))
  const clusterId = ulid(wallMs, systemRandom)
  // Loaded only here: certificates are 20 MB of memory, and needed once in a store's life.
  const { founding } = await import('../identity.ts')
  const first = await founding({ storeId, clusterId, node, wallMs })
  const failed = (error: RuntimeError): never => {
    throw error
  }
  await initDirectory(data, { storeId, clusterId, node }, first, { clock, failed })
}
