import { TOPOLOGY } from '../../runtime/authority/stored-topology.ts'
import { FORMATS } from '../../runtime/shard/formats.ts'
import type { Format } from '../../runtime/storage/format.ts'
import { BOOT, CERTIFIER, IDENTITY } from '../boot.ts'
import { SESSION } from '../session-store.ts'
import { TOKEN } from '../token-store.ts'

export interface FormatRecord {
  readonly format: Format
  readonly summary: string
  readonly fields: Readonly<Record<string, string>>
}

/** What the store holds beside the rows of durable kinds, for `gaia admin schema`. */
export const FORMAT_RECORDS: readonly FormatRecord[] = [
  {
    format: FORMATS.entry,
    summary:
      'The events of one entry in the log of a shard: a list, its version that of all events.',
    fields: {},
  },
  {
    format: FORMATS.record,
    summary: 'The entries of one append to a shard.',
    fields: {
      first: 'index of the first',
      epochs: 'of each entry',
      entries: 'each as it was hashed',
    },
  },
  {
    format: FORMATS.copy,
    summary: "The numbers of a store's copy of a shard.",
    fields: {
      promised: 'no message of an older epoch is answered',
      normal: 'epoch of the last install taken',
      applied: 'the rows hold the log up to here',
      base: 'the log begins after this index',
      baseHash: 'chain hash there',
    },
  },
  {
    format: FORMATS.proof,
    summary: 'What is left of entries that were dropped, for receipts.',
    fields: {
      epochs: 'epoch and how many entries it has, in turn',
      hashes: 'the chain hash of each entry, one after the other',
    },
  },
  {
    format: FORMATS.history,
    summary: 'A finished row.',
    fields: { index: 'of the log, which the row stands for', row: 'as its kind has it' },
  },
  {
    format: FORMATS.gone,
    summary:
      'A row that left history: its keys in the database of history, until they are deleted.',
    fields: { keys: 'to be deleted' },
  },
  { format: FORMATS.summary, summary: 'How a finished task stands in lists.', fields: {} },
  {
    format: TOPOLOGY,
    summary:
      'Who may write what: stores, voters, coordinator, and the epoch and leader of each shard.',
    fields: {
      revision: 'raised by one with each change',
      clusterId: 'ULID',
      level: 'the formats that may be written',
      voters: 'stores',
      coordinator: 'store, boot, term',
      stores: 'by id: node, address, boot, bootId, status, keyHash',
      shards: '64 rows: epoch, status, leader, leaderBoot, replicas, previous',
    },
  },
  { format: BOOT, summary: 'How often the store was started.', fields: { boot: 'count' } },
  {
    format: IDENTITY,
    summary: 'Who the store is.',
    fields: { storeId: 'ULID', publicKey: 'Ed25519, SPKI', privateKey: 'PKCS #8' },
  },
  {
    format: CERTIFIER,
    summary: 'The certificate authority of the cluster.',
    fields: { certificate: 'X.509, DER', privateKey: 'PKCS #8' },
  },
  { format: SESSION, summary: 'A browser that is signed in to the console.', fields: {} },
  {
    format: TOKEN,
    summary: 'An API token, of whose secret only a hash is kept.',
    fields: {
      id: 'part of the token',
      name: 'for people',
      role: 'viewer, operator or admin',
      digest: 'SHA-256 of the secret, hex',
      createdMs: 'wall clock, ms since 1970',
      expiresMs: 'wall clock, ms; absent: never',
    },
  },
]
