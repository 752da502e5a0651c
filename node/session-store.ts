import type { KeptSessions, SessionRecord } from '../console/sign-in/sessions.ts'
import { decodeValue, encodeValue, type Format } from '../runtime/storage/format.ts'
import { settled, type Store } from '../runtime/storage/store.ts'

export const SESSION = { kind: 'session', version: 1 } as const satisfies Format
const PREFIX = 'k/session/'

/**
 * Sessions of the console in the node's own store. A write that fails is not told here: after it the
 * store takes no more, and the node ends.
 */
export async function sessionStore(store: Store): Promise<KeptSessions> {
  const found: SessionRecord[] = []
  const visit = (_key: string, value: Uint8Array): void => {
    found.push(decodeValue(SESSION, value) as SessionRecord)
  }
  await settled((done) => store.scan({ gte: PREFIX, lt: 'k/session0' }, visit, done))
  return {
    all: () => found,
    put: (record) =>
      store.write([{ type: 'put', key: PREFIX + record.id, value: encodeValue(SESSION, record) }]),
    remove: (id) => store.write([{ type: 'delete', key: PREFIX + id }]),
  }
}
