import { decodeValue, encodeValue } from '../runtime/storage/codec.ts'
import { settled } from '../runtime/storage/directory.ts'
import type { Store } from '../runtime/storage/store.ts'
import type { TokenRecord, TokenStore } from './credentials.ts'

const KIND = 'token'
const PREFIX = 'k/token/'

/** Token records in the node's own store. */
export function tokenStore(store: Store): TokenStore {
  return {
    async list() {
      const records: TokenRecord[] = []
      const visit = (_key: string, value: Uint8Array): void => {
        records.push(decodeValue(value, KIND, []) as TokenRecord)
      }
      await settled((done) => store.scan({ gte: PREFIX, lt: 'k/token0' }, visit, done))
      return records
    },
    put: (record) =>
      settled((done) =>
        store.write(
          [{ type: 'put', key: PREFIX + record.id, value: encodeValue(KIND, 1, record) }],
          done,
        ),
      ),
    remove: (id) => settled((done) => store.write([{ type: 'delete', key: PREFIX + id }], done)),
  }
}
