import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from '../../actors/task/command.ts'
import { KINDS } from '../../actors/task/kinds.ts'
import { tasksMachine } from '../../actors/tasks-machine/tasks-machine.ts'
import { BOOT, CERTIFIER, IDENTITY } from '../../node/boot.ts'
import { SESSION } from '../../node/session-store.ts'
import { TOKEN } from '../../node/token-store.ts'
import { TOPOLOGY } from '../../runtime/authority/stored-topology.ts'
import { firstTopology } from '../../runtime/placement/first-topology.ts'
import { seededRandom } from '../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../runtime/scheduling/virtual-clock.ts'
import { FORMATS } from '../../runtime/shard/formats.ts'
import * as keys from '../../runtime/shard/keys.ts'
import type { Event, Shard } from '../../runtime/shard/machine.ts'
import { letterId, MAIL_KINDS } from '../../runtime/shard/mail/kinds.ts'
import { HighWaterFile } from '../../runtime/storage/directory/high-water-file.ts'
import { writeSentinel } from '../../runtime/storage/directory/sentinel.ts'
import type { Format } from '../../runtime/storage/format.ts'
import { framed } from '../../runtime/storage/frame.ts'
import { markerKey, SEQUENCE_KEY } from '../../runtime/storage/markers.ts'
import { SimulatedSpace } from '../../runtime/storage/space/space.ts'
import { storeIdOf } from '../../runtime/storage/store-id.ts'
import { specOf } from '../node/admin/fleet-of.ts'

/** One value of a format, as full as the program makes them. */
export interface Sample {
  readonly format: Format
  readonly data: unknown
}

const ID = 't07-0000000000000000000000000A'
const LATER = 't07-0000000000000000000000000B'
const STARTED_MS = 1_767_225_600_000
const BYTES = Uint8Array.from({ length: 32 }, (_, at) => at * 7)

/** What a life of tasks leaves, from the program's own decisions: a changed shape is a changed byte. */
function lived(): { readonly events: readonly Event[]; row(kind: string): unknown } {
  const fullest = new Map<string, unknown>()
  const rows = new Map<string, Map<string, unknown>>()
  const of = (kind: string): Map<string, unknown> => {
    const known = rows.get(kind) ?? new Map<string, unknown>()
    rows.set(kind, known)
    return known
  }
  const shard: Shard<Command> = {
    shard: 7,
    epoch: 1,
    row: (kind, id) => of(kind).get(id),
    loaded: (kind, id) => of(kind).get(id),
    rows: (kind) => of(kind),
    propose: () => true,
    wallMs: () => STARTED_MS,
  }
  const machine = tasksMachine({
    clock: new VirtualClock(),
    random: seededRandom(1),
    space: new SimulatedSpace(),
    listener: {
      led: () => undefined,
      left: () => undefined,
      changed: () => undefined,
      reordered: () => undefined,
      overran: () => undefined,
    },
  })
  const leading = machine.lead(shard)
  const all: Event[] = []
  let index = 0
  for (const command of COMMANDS) {
    const stamp = { wallMs: STARTED_MS + index, epoch: 1, index: ++index }
    const { events } = leading.decide(command, stamp)
    const changes = events.map((event) => {
      const before = of(event.kind).get(event.id)
      const after = KINDS[event.kind]?.fold(before, event)
      of(event.kind).set(event.id, after)
      if (after !== undefined && event.id !== LATER) fullest.set(event.kind, after)
      return { kind: event.kind, id: event.id, before, after, event }
    })
    leading.decided(changes)
    all.push(...events)
  }
  return { events: all, row: (kind) => fullest.get(kind) }
}

const COMMANDS: readonly Command[] = [
  {
    type: 'submit',
    project: 'web',
    tasks: [
      {
        id: ID,
        spec: specOf({
          workdir: '/srv',
          env: { A: '1' },
          labels: ['nightly'],
          requires: ['gpu'],
          unique: { key: 'once', onConflict: 'ignore', windowMs: 0 },
          concurrency: { key: 'db', max: 2 },
          metadata: { ticket: '7' },
        }),
      },
      { id: LATER, spec: specOf({ after: [ID], expiresMs: 1_767_312_000_000 }) },
    ],
    key: 'k1',
    try: 1,
    digest: 'ab'.repeat(32),
    by: 'local',
  },
  { type: 'pauseProject', project: 'web', by: 'local' },
  { type: 'resumeProject', project: 'web', by: 'local' },
  { type: 'assign', task: ID, version: 2, store: '01STORE', boot: 1, node: 'one' },
  { type: 'start', task: ID, attempt: 1 },
  {
    type: 'finish',
    task: ID,
    attempt: 1,
    outcome: {
      class: 'exit',
      code: 3,
      outputBytes: 9_000,
      transcript: { hash: 'cd'.repeat(32), bytes: 5_000, headBytes: 4_000 },
    },
  },
  { type: 'cancel', task: LATER, by: 'local' },
]

/** Rows of the mail of a shard, by kind. */
const MAIL: Readonly<Record<string, unknown>> = {
  outbox: { era: 1, seq: 12, waiting: 3 },
  letter: { body: { type: 'subscribe', task: ID, dependent: LATER } },
  inbox: { era: 1, seq: 7 },
  era: { era: 2 },
}

const self = storeIdOf('01STORE')
const entry = {
  node: 'one',
  address: '127.0.0.1:8082',
  boot: 3,
  bootId: '01BOOT',
  status: 'up',
  keyHash: 'hash',
} as const

function brief(event: Event): unknown {
  return KINDS[event.kind]?.briefEvent?.(event) ?? event
}

/** One of every sort of value, by its kind. */
export function samples(): readonly Sample[] {
  const { events, row } = lived()
  return [
    ...Object.values(KINDS).map((format) => ({ format, data: row(format.kind) })),
    ...Object.values(MAIL_KINDS).map((format) => ({ format, data: MAIL[format.kind] })),
    {
      format: FORMATS.copy,
      data: { promised: 4, normal: 4, applied: 17, base: 17, baseHash: BYTES },
    },
    { format: FORMATS.record, data: { first: 18, epochs: [3, 4], entries: [BYTES, BYTES] } },
    { format: FORMATS.proof, data: { epochs: [3, 1], hashes: BYTES } },
    { format: FORMATS.entry, data: events.map(brief) },
    { format: FORMATS.history, data: { index: 17, row: BYTES } },
    { format: FORMATS.gone, data: { keys: [keys.historyKey(7, 'task', ID)] } },
    { format: FORMATS.summary, data: KINDS['task']?.listed?.(row('task')).summary },
    { format: TOPOLOGY, data: firstTopology('01CLUSTER', self, entry) },
    { format: BOOT, data: { boot: 3 } },
    { format: IDENTITY, data: { storeId: self, publicKey: BYTES, privateKey: BYTES } },
    { format: CERTIFIER, data: { certificate: BYTES, privateKey: BYTES } },
    {
      format: TOKEN,
      data: { id: 'a1', name: 'ci', role: 'operator', createdMs: 1, digest: 'ab'.repeat(32) },
    },
    {
      format: SESSION,
      data: { id: 'ab'.repeat(32), principal: { name: 'local', role: 'admin' }, endsMs: 1 },
    },
  ]
}

/** What is on disk and is no value: how values are framed, where they stand, what lies beside. */
export async function layouts(): Promise<ReadonlyMap<string, Uint8Array>> {
  const directory = mkdtempSync(join(tmpdir(), 'architect-golden-'))
  try {
    const path = join(directory, 'HWM')
    const mark = new HighWaterFile(path, { create: true })
    mark.note({ sequence: 1_234_567, openedAt: 1_234_000 })
    mark.close()
    await writeSentinel(directory, { storeId: '01STORE', clusterId: '01CLUSTER', node: 'one' })
    return new Map([
      ['frame', framed('a key', BYTES, 1_767_225_600_000)],
      ['keys', Buffer.from(KEYS.join('\n'))],
      ['mark', readFileSync(path)],
      ['sentinel', readFileSync(join(directory, 'STORE.json'))],
    ])
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const KEYS = [
  keys.metaKey(7),
  keys.recordKey(7, 18),
  keys.proofKey(7, 18),
  keys.liveKey(7, 'task', ID),
  keys.historyKey(7, 'task', ID),
  keys.goneKey(7, 'task', ID),
  keys.listingKey(7, 1_767_225_600_000, ID),
  keys.liveKey(7, 'letter', letterId(9, { era: 1, seq: 12 })),
  SEQUENCE_KEY,
  markerKey(70_000),
]
