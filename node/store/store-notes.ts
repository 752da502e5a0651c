import type { HealthNote } from '../../actors/fleet.ts'
import type { BlobFigures } from '../../runtime/storage/blobs/blob-directory.ts'
import { formatBytes, type Space, type Stage } from '../../runtime/storage/space/space.ts'
import type { StoreMetrics } from '../../runtime/storage/store-metrics.ts'

/** From here on writes are slow enough that people wait for them. Unit: ms. */
const COMMIT_SLOW_MS = 100

/** How a database does: how long its fsyncs take, and what took too long. */
export function storeNotes(database: string, metrics: StoreMetrics): HealthNote[] {
  const { groups, p50Ms, p99Ms, slowWrites, slowReads } = metrics
  const times = groups === 0 ? 'no writes yet' : `a write takes ${ms(p50Ms)}, p99 ${ms(p99Ms)}`
  const slow = `; ${slowWrites} of ${groups} writes and ${slowReads} reads took over 100 ms`
  const said = slowWrites + slowReads === 0 ? times : `${times}${slow}`
  const component = `store ${database}`
  if (p99Ms < COMMIT_SLOW_MS) return [{ component, level: 'ok', message: said }]
  const fix = 'find out what else uses the disk, or give the node a faster one'
  return [{ component, level: 'warning', message: `the disk is slow: ${said}`, fix }]
}

const LEVELS: Readonly<Record<Stage, HealthNote['level']>> = {
  ample: 'ok',
  low: 'warning',
  scarce: 'failing',
  full: 'failing',
}

/** How much room there is, and what is held up by the lack of it. */
export function spaceNotes(space: Space & { describe(): string }): HealthNote[] {
  const { stage } = space
  const note = {
    component: 'disk',
    level: LEVELS[stage],
    message: space.full ?? space.scarce ?? space.describe(),
  }
  if (stage === 'ample') return [note]
  const fix =
    stage === 'low'
      ? 'free some space on the disk of the data directory'
      : 'free some space on the disk of the data directory: the node goes on by itself within seconds'
  return [{ ...note, fix }]
}

/** Output of attempts that have ended: how much there is, and why the last could not be kept. */
export function blobNotes({ count, bytes = 0, failure }: BlobFigures): HealthNote[] {
  const component = 'blobs'
  if (failure !== undefined) {
    const message = `ends of tasks wait until their output can be kept: ${failure}`
    return [{ component, level: 'failing', message, fix: 'look at the disk of the data directory' }]
  }
  if (count === undefined) return []
  return [{ component, level: 'ok', message: `${count} files of output, ${formatBytes(bytes)}` }]
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}
