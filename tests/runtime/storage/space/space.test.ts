import t from 'tap'
import {
  ballastOf,
  formatBytes,
  fullBelow,
  scarceBelow,
  SPACE_DEFAULTS,
  stageOf,
} from '../../../../runtime/storage/space/space.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

t.test('stageOf() goes by shares on a small disk, by bytes on a large one', async (t) => {
  const table = [
    [64 * MIB, 10 * MIB, 'ample'],
    [64 * MIB, 9 * MIB, 'low'],
    [64 * MIB, 6 * MIB, 'scarce'],
    [64 * MIB, 3 * MIB, 'full'],
    [64 * MIB, 0, 'full'],
    [1_000 * GIB, 200 * GIB, 'ample'],
    [1_000 * GIB, 60 * GIB, 'low'],
    [1_000 * GIB, 2 * GIB, 'low'],
    [1_000 * GIB, 2 * GIB - 1, 'scarce'],
    [1_000 * GIB, GIB - 1, 'full'],
  ] as const
  for (const [totalBytes, freeBytes, stage] of table) {
    t.equal(stageOf({ totalBytes, freeBytes }, SPACE_DEFAULTS), stage, formatBytes(freeBytes))
  }
})

t.test('ballast is never more than half of what makes the disk full', async (t) => {
  for (const total of [MIB, 64 * MIB, 10 * GIB, 1_000 * GIB]) {
    t.ok(ballastOf(total, SPACE_DEFAULTS) <= fullBelow(total, SPACE_DEFAULTS) / 2)
    t.ok(fullBelow(total, SPACE_DEFAULTS) < scarceBelow(total, SPACE_DEFAULTS))
  }
  t.equal(ballastOf(1_000 * GIB, SPACE_DEFAULTS), 256 * MIB)
})

t.test('formatBytes() is short', async (t) => {
  t.same([0, 1_023, 1_536, 10 * MIB, 2 * GIB].map(formatBytes), [
    '0 B',
    '1023 B',
    '1.5 KiB',
    '10 MiB',
    '2.0 GiB',
  ])
})
