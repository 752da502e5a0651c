import { credentials, makeClientConstructor, Metadata, type Client } from '@grpc/grpc-js'
import { startAdmin, type AdminDoor, type AdminDoorOptions } from '../../../node/admin/door.ts'
import { ADMIN_SERVICE, FILLED, loadDefinitions } from '../../../node/admin/definitions.ts'
import {
  createCredentials,
  type Credentials,
  type TokenRecord,
  type TokenStore,
} from '../../../node/credentials.ts'
import { systemClock } from '../../../runtime/scheduling/system-clock.ts'
import { seededRandom } from '../../../runtime/scheduling/random.ts'
import { MemoryFleet } from './fleet-of.ts'

export const LOCAL_SECRET = 'f'.repeat(64)

export function memoryTokens(records: TokenRecord[] = []): TokenStore {
  const kept = new Map(records.map((record) => [record.id, record]))
  return {
    list: async () => [...kept.values()],
    put: async (record) => void kept.set(record.id, record),
    remove: async (id) => void kept.delete(id),
  }
}

export interface TestDoor {
  readonly door: AdminDoor
  readonly fleet: MemoryFleet
  readonly credentials: Credentials
  readonly client: AnyClient
  /** Failures that were bugs. */
  readonly unexpected: unknown[]
  stop(): Promise<void>
}

/** Methods by name; what they take and give is what the proto file says. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyClient = Client & Record<string, any>

/** A door on a free port over a fleet in memory, with a client that may do everything. */
export async function doorOf(options: Partial<AdminDoorOptions> = {}): Promise<TestDoor> {
  const fleet = new MemoryFleet()
  const unexpected: unknown[] = []
  const opened = await createCredentials({
    local: LOCAL_SECRET,
    tokens: memoryTokens(),
    clock: systemClock,
    random: seededRandom(1),
  })
  const door = await startAdmin({
    fleet,
    credentials: opened,
    actions: {
      schemas: () => [{ kind: 'task', version: 1, summary: 'A unit of work', jsonSchema: '{}' }],
      backup: async (_directory, progress) => {
        progress(50, 100)
        progress(100, 100)
      },
      consoleLink: async (by) => ({ url: `http://127.0.0.1:8080/#c=${by.name}`, expiresMs: 1 }),
    },
    clock: systemClock,
    listen: '127.0.0.1:0',
    unexpected: (failure) => unexpected.push(failure),
    ...options,
  })
  door.serve(true)
  const client = clientOf(door.address)
  return {
    door,
    fleet,
    credentials: opened,
    client,
    unexpected,
    async stop() {
      client.close()
      await door.stop(1_000)
    },
  }
}

const definition = loadDefinitions('admin.proto', FILLED).service(ADMIN_SERVICE)
const AdminClient = makeClientConstructor({ ...definition }, 'Admin')

export function clientOf(address: string): AnyClient {
  return new AdminClient(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': 8 * 1024 * 1024,
    'grpc.max_send_message_length': 8 * 1024 * 1024,
  }) as AnyClient
}

export function bearer(secret = LOCAL_SECRET): Metadata {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${secret}`)
  return metadata
}

/** One unary call. */
export function ask(
  client: AnyClient,
  method: string,
  request: object,
  metadata = bearer(),
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
): Promise<any> {
  return new Promise((resolve, reject) => {
    client[method](request, metadata, (failure: unknown, answer: unknown) =>
      failure ? reject(failure) : resolve(answer),
    )
  })
}

/** All messages of one server stream. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function all(stream: AsyncIterable<any>): Promise<any[]> {
  const messages = []
  for await (const message of stream) messages.push(message)
  return messages
}
