import { credentials, Metadata, Client, type ServiceError } from '@grpc/grpc-js'
import t from 'tap'
import { loadDefinitions, SENT } from '../../../node/admin/definitions.ts'
import { METHODS } from '../../../node/admin/methods/table.ts'
import { chance, seededRandom, type Random } from '../../../runtime/scheduling/random.ts'
import { FUZZ, FUZZ_SEED } from '../../fuzzing.ts'
import { bearer, doorOf, LOCAL_SECRET } from './door-of.ts'

/** F25: whatever comes in, nothing breaks. */
const CASES = 3_000 * FUZZ
const SEED = FUZZ_SEED

/** Valid requests to be mangled. */
const SEEDLINGS = [
  ['SubmitRequest', { key: 'k', specs: [{ argv: ['a'], env: { __proto__: 'x', B: 'c' } }] }],
  ['ListTasksRequest', { states: ['failed'], limit: 3, cursor: 'x' }],
  ['ActOnTaskRequest', { action: 'cancel', id: 't07-0' }],
  ['FollowOutputRequest', { id: 't07-0', fromOffset: Number.MAX_SAFE_INTEGER }],
] as const

t.test(`${CASES} mangled requests leave the node well and its prototypes clean`, async (t) => {
  const { door, client, unexpected, stop } = await doorOf()
  t.teardown(stop)
  const random = seededRandom(SEED)
  const { encode } = loadDefinitions('admin.proto', SENT)
  const seedlings = SEEDLINGS.map(([name, value]) =>
    Buffer.from(encode(`architect.admin.v1.${name}`, value)),
  )
  const unary = Object.entries(METHODS).filter(([, { shape }]) => shape === 'unary')
  const raw = new Client(door.address, credentials.createInsecure())
  t.teardown(() => raw.close())
  const codes = new Map<number, number>()
  for (let done = 0; done < CASES; done += 50) {
    const batch = Array.from({ length: 50 }, () => {
      const [name = ''] = unary[random.below(unary.length)] ?? []
      const seedling = seedlings[random.below(seedlings.length)] ?? Buffer.of()
      return send(raw, name, mangled(seedling, random))
    })
    for (const code of await Promise.all(batch)) codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  t.ok(codes.size > 2, [...codes].join(' '))
  t.same(unexpected, [], `seed ${SEED}`)
  t.same(Object.keys(Object.prototype), [])
  t.match(await client.unary('GetStatus', {}), { node: 'one' })
})

t.test('what protobuf allows and nobody sends is refused or harmless', async (t) => {
  const { client, door, unexpected, stop } = await doorOf()
  t.teardown(stop)
  const raw = new Client(door.address, credentials.createInsecure())
  t.teardown(() => raw.close())
  const cases: Record<string, Buffer> = {
    'a group in a group, 10,000 deep': Buffer.alloc(10_000, 0xfb),
    'a length beyond the end': Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    'a varint without end': Buffer.alloc(20, 0xff),
    'text that is not UTF-8': Buffer.from([0x2a, 0x02, 0xc3, 0x28]),
    'a field of the wrong type': Buffer.from([0x15, 1, 2, 3, 4]),
    'nothing at all': Buffer.of(),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    t.not(await send(raw, 'SubmitTask', bytes), 0, name)
  }
  const polluting = JSON.parse(
    '{"key":"k","specs":[{"argv":["a"],"env":{"__proto__":"x"}}]}',
  ) as object
  await client.unary('SubmitTask', polluting)
  t.equal(({} as Record<string, unknown>)['x'], undefined)
  t.same(unexpected, [])
})

t.test('a credential in any other shape is none', async (t) => {
  const { client, stop } = await doorOf()
  t.teardown(stop)
  for (const value of [
    LOCAL_SECRET,
    `Basic ${LOCAL_SECRET}`,
    'Bearer',
    `Bearer  ${LOCAL_SECRET}`,
  ]) {
    const metadata = new Metadata()
    metadata.set('authorization', value)
    const code = await client.unary('GetStatus', {}, metadata).then(() => 0, codeOf)
    t.equal(code, 16, value.slice(0, 12))
  }
  const lower = new Metadata()
  lower.set('authorization', `bearer ${LOCAL_SECRET}`)
  t.match(await client.unary('GetStatus', {}, lower), { node: 'one' })
})

/** The status code that the bytes are answered with. */
function send(client: Client, method: string, bytes: Buffer): Promise<number> {
  const path = `/architect.admin.v1.Admin/${method}`
  const same = (value: Buffer): Buffer => value
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, same, same, bytes, bearer(), (failure) =>
      resolve(failure?.code ?? 0),
    )
  })
}

function mangled(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes)
  const changes = 1 + random.below(4)
  for (let n = 0; n < changes && copy.length > 0; n++) {
    copy[random.below(copy.length)] = random.below(256)
  }
  if (chance(random, 0.2)) return copy.subarray(0, random.below(copy.length + 1))
  if (chance(random, 0.2)) return Buffer.concat([copy, Buffer.from(random.bytes(random.below(64)))])
  return copy
}

function codeOf(failure: unknown): number {
  return (failure as ServiceError).code
}
