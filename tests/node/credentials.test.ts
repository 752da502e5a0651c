import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createCredentials, type TokenRecord } from '../../node/credentials.ts'
import {
  openCredential,
  readCredential,
  readLocalAccess,
  removeLocalAccess,
  writeLocalAccess,
} from '../../node/local-access.ts'
import { assert } from '../../runtime/errors.ts'
import { seededRandom } from '../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../runtime/scheduling/virtual-clock.ts'
import { LOCAL_SECRET, memoryTokens } from './admin/door-of.ts'

async function credentialsOf(records: TokenRecord[] = []) {
  const clock = new VirtualClock()
  const store = memoryTokens(records)
  const options = { local: LOCAL_SECRET, tokens: store, clock, random: seededRandom(7) }
  return { clock, store, options, credentials: await createCredentials(options) }
}

t.test('verify() knows the local credential, and nothing near it', async (t) => {
  const { credentials } = await credentialsOf()
  t.same(credentials.verify(LOCAL_SECRET), { name: 'local', role: 'admin' })
  for (const secret of [
    '',
    'f'.repeat(63),
    'f'.repeat(65),
    `architect_${'0'.repeat(16)}_${LOCAL_SECRET}`,
  ]) {
    t.equal(credentials.verify(secret), undefined, secret)
  }
})

t.test('a token carries its role and labels, and only its hash is kept', async (t) => {
  const { credentials, store, options } = await credentialsOf()
  const request = {
    name: 'ci',
    role: 'operator',
    user: 'ann',
    team: 'build',
    project: 'p',
  } as const
  const { token, secret } = await credentials.createToken(request)
  t.match(secret, /^architect_[0-9a-f]{16}_[0-9a-f]{64}$/)
  const principal = { name: 'ann', role: 'operator', user: 'ann', team: 'build', project: 'p' }
  t.match(credentials.verify(secret), { ...principal, tokenId: token.id })
  const kept = JSON.stringify(await store.list())
  t.notMatch(kept, secret.split('_')[2] ?? '')
  t.notMatch(JSON.stringify(credentials.tokens()), 'digest')
  const again = await createCredentials(options)
  t.match(again.verify(secret), principal, 'after a restart')
})

t.test('a token ends at its moment, and when it is revoked', async (t) => {
  const { credentials, clock, store } = await credentialsOf()
  const short = await credentials.createToken({ name: 'a', role: 'viewer', validMs: 1_000 })
  const long = await credentials.createToken({ name: 'b', role: 'viewer' })
  clock.advance(999)
  t.match(credentials.verify(short.secret), { name: 'token:a' })
  clock.advance(1)
  t.equal(credentials.verify(short.secret), undefined)
  await credentials.revokeToken(long.token.id)
  t.equal(credentials.verify(long.secret), undefined)
  await t.rejects(credentials.revokeToken(long.token.id), { code: 'NOT_FOUND' })
  await credentials.createToken({ name: 'c', role: 'viewer' })
  t.same(
    (await store.list()).map(({ name }) => name),
    ['c'],
    'ended ones are swept',
  )
})

t.test('createToken() refuses what is out of range, and more than 1,000', async (t) => {
  const { credentials } = await credentialsOf()
  const wrong: object[] = [
    { name: '', role: 'viewer' },
    { name: 'x'.repeat(101), role: 'viewer' },
    { name: 'a\u0007', role: 'viewer' },
    { name: 'a', role: 'root' },
    { name: 'a', role: 'viewer', validMs: 0 },
    { name: 'a', role: 'viewer', user: 'x'.repeat(101) },
  ]
  for (const request of wrong) {
    await t.rejects(credentials.createToken(request as never), { code: 'INVALID_ARGUMENT' })
  }
  const record = { name: 'x', role: 'viewer', createdMs: 0, digest: '00' } as const
  const full = await credentialsOf(
    Array.from({ length: 1_000 }, (_, n) => ({ ...record, id: `${n}` })),
  )
  await t.rejects(full.credentials.createToken({ name: 'a', role: 'viewer' }), {
    code: 'RESOURCE_EXHAUSTED',
  })
})

t.test('a token that could not be stored is none', async (t) => {
  const { options } = await credentialsOf()
  const tokens = { ...memoryTokens(), put: () => Promise.reject(new Error('disk')) }
  const credentials = await createCredentials({ ...options, tokens })
  await t.rejects(credentials.createToken({ name: 'a', role: 'viewer' }), /disk/)
  t.same(credentials.tokens(), [])
})

t.test('stands() is false for whoever came by a token that is gone', async (t) => {
  const { credentials, clock } = await credentialsOf()
  t.ok(credentials.stands({ name: 'local', role: 'admin' }))
  const brief = await credentials.createToken({ name: 'a', role: 'viewer', validMs: 10 })
  const long = await credentials.createToken({ name: 'b', role: 'viewer' })
  const [first, second] = [brief, long].map(({ secret }) => credentials.verify(secret))
  assert(first && second, 'both are known')
  t.ok(credentials.stands(first) && credentials.stands(second))
  clock.advance(10)
  t.notOk(credentials.stands(first), 'expired')
  await credentials.revokeToken(long.token.id)
  t.notOk(credentials.stands(second), 'revoked')
})

t.test('the local credential is made once, for its owner only', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'architect-'))
  t.teardown(() => rm(directory, { recursive: true }))
  await t.rejects(readCredential(directory), { code: 'NOT_FOUND' })
  const secret = await openCredential(directory)
  t.match(secret, /^[0-9a-f]{64}$/)
  t.equal(await openCredential(directory), secret)
  const path = join(directory, 'credential')
  t.equal((await stat(path)).mode & 0o777, 0o600)
  await chmod(path, 0o640)
  await t.rejects(openCredential(directory), /others can read it; run: chmod 600/)
  await chmod(path, 0o600)
  await writeFile(path, 'short')
  await t.rejects(openCredential(directory), /it is damaged/)
})

t.test('writeLocalAccess() tells where the admin door is, until it is removed', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'architect-'))
  t.teardown(() => rm(directory, { recursive: true }))
  t.equal(await readLocalAccess(directory), undefined)
  const access = { address: '127.0.0.1:8081', pid: 7, node: 'one' }
  await writeLocalAccess(directory, access)
  t.same(await readLocalAccess(directory), access)
  t.equal((await stat(join(directory, 'admin.json'))).mode & 0o777, 0o600)
  t.match(await readFile(join(directory, 'admin.json'), 'utf8'), /\n$/)
  await writeFile(join(directory, 'admin.json'), '{"address":')
  t.equal(await readLocalAccess(directory), undefined)
  await removeLocalAccess(directory)
  await removeLocalAccess(directory)
})
