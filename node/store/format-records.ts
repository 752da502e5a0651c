import { z } from 'zod'
import { SUMMARY_RECORD } from '../../actors/task/records.ts'
import { TOPOLOGY } from '../../runtime/authority/stored-topology.ts'
import { FORMATS } from '../../runtime/shard/formats.ts'
import { bytes, count, moment, type StoredRecord } from '../../runtime/storage/record.ts'
import type { Format } from '../../runtime/storage/format.ts'
import { BOOT, CERTIFIER, IDENTITY } from '../boot.ts'
import { SESSION } from '../session-store.ts'
import { TOKEN } from '../token-store.ts'

export interface FormatRecord extends StoredRecord {
  readonly format: Format
}

const text = z.string()
const storedRow = z.strictObject({
  epoch: count,
  status: z.enum(['recovering', 'active']),
  leader: text,
  leaderBoot: count,
  replicas: z.array(text),
  previous: z.array(text).describe('the last active replica set'),
})
const storeEntry = z.strictObject({
  node: text,
  address: text,
  boot: count,
  bootId: text,
  status: z.enum(['up', 'draining', 'removed']),
  keyHash: text.describe('SHA-256 of the identity key, base64url'),
})
const role = z.enum(['viewer', 'operator', 'admin'])

/** What the store holds beside the rows of durable kinds, for `gaia admin schema`. */
export const FORMAT_RECORDS: readonly FormatRecord[] = [
  {
    format: FORMATS.entry,
    summary:
      'The events of one entry in the log of a shard: a list, its version that of all events.',
    schema: z.array(z.looseObject({ kind: text, id: text })),
  },
  {
    format: FORMATS.record,
    summary: 'The entries of one append to a shard.',
    schema: z.strictObject({
      first: count.describe('index of the first'),
      epochs: z.array(count).describe('of each entry'),
      entries: z.array(bytes).describe('each as it was hashed'),
    }),
  },
  {
    format: FORMATS.copy,
    summary: "The numbers of a store's copy of a shard.",
    schema: z.strictObject({
      promised: count.describe('no message of an older epoch is answered'),
      normal: count.describe('epoch of the last install taken'),
      applied: count.describe('the rows hold the log up to here'),
      base: count.describe('the log begins after this index'),
      baseHash: bytes.describe('chain hash there'),
    }),
  },
  {
    format: FORMATS.proof,
    summary: 'What is left of entries that were dropped, for receipts.',
    schema: z.strictObject({
      epochs: z.array(count).describe('epoch and how many entries it has, in turn'),
      hashes: bytes.describe('the chain hash of each entry, one after the other'),
    }),
  },
  {
    format: FORMATS.history,
    summary: 'A finished row.',
    schema: z.strictObject({
      index: count.describe('of the log, which the row stands for'),
      row: bytes.describe('as its kind has it'),
    }),
  },
  {
    format: FORMATS.gone,
    summary:
      'A row that left history: its keys in the database of history, until they are deleted.',
    schema: z.strictObject({ keys: z.array(text).describe('to be deleted') }),
  },
  { format: FORMATS.summary, ...SUMMARY_RECORD },
  {
    format: TOPOLOGY,
    summary:
      'Who may write what: stores, voters, coordinator, and the epoch and leader of each shard.',
    schema: z.strictObject({
      revision: count.describe('raised by one with each change'),
      clusterId: text.describe('ULID'),
      level: count.describe('the formats that may be written'),
      voters: z.array(text).describe('stores'),
      coordinator: z.strictObject({ store: text, boot: count, term: count }),
      stores: z.record(text, storeEntry).describe('by id'),
      shards: z.array(storedRow).length(64),
    }),
  },
  {
    format: BOOT,
    summary: 'How often the store was started.',
    schema: z.strictObject({ boot: count }),
  },
  {
    format: IDENTITY,
    summary: 'Who the store is.',
    schema: z.strictObject({
      storeId: text.describe('ULID'),
      publicKey: bytes.describe('Ed25519, SPKI'),
      privateKey: bytes.describe('PKCS #8'),
    }),
  },
  {
    format: CERTIFIER,
    summary: 'The certificate authority of the cluster.',
    schema: z.strictObject({
      certificate: bytes.describe('X.509, DER'),
      privateKey: bytes.describe('PKCS #8'),
    }),
  },
  {
    format: SESSION,
    summary: 'A browser that is signed in to the console.',
    schema: z.strictObject({
      id: text.describe('hash of its key'),
      principal: z.looseObject({ name: text, role }),
      endsMs: moment,
    }),
  },
  {
    format: TOKEN,
    summary: 'An API token, of whose secret only a hash is kept.',
    schema: z.strictObject({
      id: text.describe('part of the token'),
      name: text.describe('for people'),
      role,
      digest: text.describe('SHA-256 of the secret, hex'),
      createdMs: moment,
      expiresMs: moment.optional().describe('absent: never'),
    }),
  },
]
