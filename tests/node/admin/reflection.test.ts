import {
  credentials,
  makeClientConstructor,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader'
import t from 'tap'
import { HEALTH_SERVICE, loadDefinitions, SENT } from '../../../node/admin/definitions.ts'
import { describe } from '../../../node/admin/descriptors.ts'
import { REFLECTION } from '../../../node/admin/reflection.ts'
import { bearer, doorOf, failureOf, type Message } from './door-of.ts'

type Methods = Record<string, (...parts: unknown[]) => unknown>

/** Asks one question of the reflection service, as a client does that knows no proto file of ours. */
function reflect(address: string, version: number, question: object): Promise<Message> {
  const [service, file] = REFLECTION[version] ?? REFLECTION[0]
  const Client = makeClientConstructor({ ...loadDefinitions(file, SENT).service(service) }, 'R')
  const client = new Client(address, credentials.createInsecure())
  const methods = client as unknown as Methods
  const stream = methods['ServerReflectionInfo']?.call(client) as ClientDuplexStream<
    object,
    Message
  >
  return new Promise((resolve, reject) => {
    stream.on('error', reject)
    stream.on('data', (answer: Message) => {
      resolve(answer)
      stream.end()
    })
    stream.on('end', () => client.close())
    stream.write(question)
  })
}

t.test('a client that knows only reflection, v1 or v1alpha, submits a task', async (t) => {
  const { door, fleet, stop } = await doorOf()
  t.teardown(stop)
  for (const version of [0, 1]) {
    const listed = await reflect(door.address, version, { listServices: '*' })
    const { service } = listed['listServicesResponse'] as { service: { name: string }[] }
    t.ok(service.some(({ name }) => name === 'architect.admin.v1.Admin'))

    const symbol = { fileContainingSymbol: 'architect.admin.v1.Admin' }
    const found = await reflect(door.address, version, symbol)
    const { fileDescriptorProto } = found['fileDescriptorResponse'] as {
      readonly fileDescriptorProto: readonly Buffer[]
    }
    const definitions = loadFileDescriptorSetFromBuffer(descriptorSet(fileDescriptorProto), SENT)
    const Client = makeClientConstructor(definitions['architect.admin.v1.Admin'] as never, 'Admin')
    const client = new Client(door.address, credentials.createInsecure())
    const answer = await new Promise<Message>((resolve, reject) => {
      const env = [{ key: 'A', value: 'b' }] // protobufjs leaves maps of descriptors as entries.
      const request = { key: `k${version}`, specs: [{ argv: ['echo', 'hi'], env }] }
      const settle = (failure: ServiceError | null, value: Message): void =>
        failure ? reject(failure) : resolve(value)
      ;(client as unknown as Methods)['SubmitTask']?.call(client, request, bearer(), settle)
    })
    client.close()
    t.match(answer, { copies: 1 })
    t.match(fleet.submitted.at(-1), { specs: [{ argv: ['echo', 'hi'], env: { A: 'b' } }] })
  }
})

t.test(
  'reflection finds files by name and by method, and says what it does not know',
  async (t) => {
    const { door, stop } = await doorOf()
    t.teardown(stop)
    const known = [
      { fileByFilename: 'architect_admin_v1.proto' },
      { fileContainingSymbol: 'architect.admin.v1.Admin.GetTask' },
      { fileContainingSymbol: 'grpc.health.v1.HealthCheckResponse' },
      { fileContainingSymbol: 'grpc.reflection.v1.ServerReflection' },
    ]
    for (const question of known) {
      t.ok((await reflect(door.address, 0, question))['fileDescriptorResponse'])
    }
    for (const question of [{ fileContainingSymbol: 'no.Such' }, { fileByFilename: 'no.proto' }]) {
      t.match(await reflect(door.address, 0, question), { errorResponse: { errorCode: 5 } })
    }
    const numbers = { allExtensionNumbersOfType: 'architect.admin.v1.Task' }
    t.match(await reflect(door.address, 0, numbers), { allExtensionNumbersResponse: {} })
  },
)

t.test(
  'describe() names map entries, full types and optional fields as protobuf demands',
  async (t) => {
    const { decode } = loadDefinitions('descriptor.proto', SENT)
    const file = decode('google.protobuf.FileDescriptorProto', describe('admin.proto').bytes) as {
      readonly messageType: readonly {
        readonly name: string
        readonly field: readonly Message[]
        readonly nestedType: readonly Message[]
      }[]
    }
    const spec = file.messageType.find(({ name }) => name === 'TaskSpec')
    const field = (name: string): Message | undefined =>
      spec?.field.find((each) => each['name'] === name)
    t.equal(field('env')?.['typeName'], '.architect.admin.v1.TaskSpec.EnvEntry')
    t.ok(spec?.nestedType.some(({ name }) => name === 'EnvEntry'))
    t.equal(field('retry')?.['typeName'], '.architect.admin.v1.Retry')
    t.match(field('not_before_ms'), { jsonName: 'notBeforeMs', proto3Optional: true })
    t.equal(field('argv')?.['proto3Optional'], undefined)
  },
)

t.test('health says only a status, without a credential, and Watch tells of changes', async (t) => {
  const { door, fleet, stop } = await doorOf()
  t.teardown(stop)
  const definition = loadDefinitions('health.proto', SENT).service(HEALTH_SERVICE)
  const Client = makeClientConstructor({ ...definition }, 'Health')
  const client = new Client(door.address, credentials.createInsecure())
  t.teardown(() => client.close())
  const methods = client as unknown as Methods
  const check = (service: string): Promise<Message> =>
    new Promise((resolve, reject) => {
      const settle = (failure: ServiceError | null, value: Message): void =>
        failure ? reject(failure) : resolve(value)
      methods['Check']?.call(client, { service }, settle)
    })
  t.match(await check(''), { status: 'SERVING' })
  t.match(await check('architect.admin.v1.Admin'), { status: 'SERVING' })
  t.equal((await failureOf(check('no.Such'))).code, 5)

  const seen: unknown[] = []
  const watch = methods['Watch']?.call(client, {}) as ClientDuplexStream<object, Message>
  watch.on('data', ({ status }: Message) => seen.push(status))
  watch.on('error', () => {})
  const until = async (count: number): Promise<void> => {
    while (seen.length < count) await new Promise(setImmediate)
  }
  await until(1)
  fleet.reason = 'the disk is full'
  t.match(await check(''), { status: 'NOT_SERVING' })
  await until(2)
  fleet.reason = undefined
  t.match(await check(''), { status: 'SERVING' })
  await until(3)
  const stopped = stop()
  await until(4)
  t.same(seen, ['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING'])
  await stopped
})

/** A `FileDescriptorSet` of these files: field 1, each with its length. */
function descriptorSet(files: readonly Buffer[]): Buffer {
  return Buffer.concat(
    files.flatMap((file) => [Buffer.of(0x0a), varint(file.length), Buffer.from(file)]),
  )
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.of(...bytes, rest)
}
