import { settled } from '../runtime/storage/store.ts'
import { decodeValue, encodeValue, type Format } from '../runtime/storage/format.ts'
import type { Store } from '../runtime/storage/store.ts'
import type { TokenRecord, TokenStore } from './credentials.ts'

export const TOKEN = { kind: 'token', version: 1 } as const satisfies Format
const PREFIX = 'k/token/'

/** Token records in the node's own store. */
export function tokenStore(store: Store): TokenStore {
  return {
    async list() {
      const records: TokenRecord[] = []
      const visit = (_key: string, value: Uint8Array): void => {
        records.push(decodeValue(TOKEN, value) as TokenRecord)
      }
      await settled((done) => store.scan({ gte: PREFIX, lt: 'k/token0' }, visit, done))
      return records
    },
    put: (record) =>
      settled((done) =>
        store.write(
          [{ type: 'put', key: PREFIX + record.id, value: encodeValue(TOKEN, record) }],
          done,
        ),
      ),
    remove: (id) => settled((done) => store.write([{ type: 'delete', key: PREFIX + id }], done)),
  }
}
