import {
  credentials,
  makeClientConstructor,
  Metadata,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js'
import { startAdmin, type AdminDoor, type AdminDoorOptions } from '../../../node/admin/door.ts'
import { ADMIN_SERVICE, FILLED, loadDefinitions } from '../../../node/admin/definitions.ts'
import {
  createCredentials,
  type Credentials,
  type TokenRecord,
  type TokenStore,
} from '../../../node/credentials.ts'
import { actorIdOf } from '../../../runtime/actor/actor-ref.ts'
import { ActorSystem } from '../../../runtime/actor/actor-system.ts'
import { unhandled } from '../../../runtime/actor/behavior.ts'
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
  readonly client: RawClient
  /** Failures that were bugs. */
  readonly unexpected: unknown[]
  stop(): Promise<void>
}

/** One actor that has done nothing, and a letter that nobody took. */
export function actorsOf(): ActorSystem {
  const failed = (_id: string, error: unknown): never => {
    throw error
  }
  const actors = new ActorSystem({ clock: systemClock, random: seededRandom(2), failed })
  actors.spawn({ name: 'idle', restart: 'permanent', start: () => ({ nudge: () => unhandled }) })
  actors.deadLetters.add(actorIdOf('idle'), 'nudge', 'late')
  return actors
}

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
      actors: actorsOf(),
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

/** Any gRPC client: methods by name, messages as objects, failures as gRPC reports them. */
export interface RawClient {
  unary(method: string, request: object, metadata?: Metadata): Promise<Message>
  stream(method: string, request: object, metadata?: Metadata): ClientReadableStream<Message>
  exchange(method: string, metadata?: Metadata): ClientDuplexStream<object, Message>
  close(): void
}

/** What the proto file says it is. */
export type Message = Readonly<Record<string, unknown>>

export function clientOf(address: string): RawClient {
  const client = new AdminClient(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  })
  const methods = client as unknown as Record<string, (...parts: unknown[]) => unknown>
  const call = (method: string, ...parts: unknown[]): unknown => {
    const found = methods[method]
    if (!found) throw new Error(`no method ${method}`)
    return found.apply(client, parts)
  }
  return {
    unary: (method, request, metadata = bearer()) =>
      new Promise((resolve, reject) => {
        call(method, request, metadata, (failure: ServiceError | null, answer: Message) => {
          if (failure) reject(failure)
          else resolve(answer)
        })
      }),
    stream: (method, request, metadata = bearer()) =>
      call(method, request, metadata) as ClientReadableStream<Message>,
    exchange: (method, metadata = bearer()) =>
      call(method, metadata) as ClientDuplexStream<object, Message>,
    close: () => client.close(),
  }
}

export function bearer(secret = LOCAL_SECRET): Metadata {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${secret}`)
  return metadata
}

/** All messages of one stream. */
export async function all(stream: ClientReadableStream<Message>): Promise<Message[]> {
  const messages: Message[] = []
  for await (const message of stream) messages.push(message as Message)
  return messages
}

/** The failure that `work` ends with. */
export async function failureOf(work: Promise<unknown>): Promise<ServiceError> {
  try {
    await work
  } catch (failure) {
    return failure as ServiceError
  }
  throw new Error('it did not fail')
}
