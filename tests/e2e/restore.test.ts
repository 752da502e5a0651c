import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { start, type Ended } from '../node/gaia/gaia-of.ts'
import { architectOf } from './architect-of.ts'

type Json = Readonly<Record<string, unknown>>

function gaia(directory: string, ...argv: readonly string[]): Promise<Ended> {
  return start(['--data', directory, ...argv]).ended
}

async function json(directory: string, ...argv: readonly string[]): Promise<Json> {
  const { out, code, err } = await gaia(directory, '--json', ...argv)
  if (code !== 0) throw new Error(`gaia ${argv.join(' ')} ended with ${code}: ${err}`)
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Json
}

/** Looks until the task is in this state; throws when it has ended in another. */
async function inState(directory: string, id: string, wanted: string): Promise<Json> {
  for (;;) {
    const task = await json(directory, 'task', 'show', id)
    if (task['state'] === wanted) return task
    if (task['outcome']) throw new Error(`${id} is ${String(task['state'])}`)
  }
}

t.test('a backup of a running node becomes a node of its own, with all in it', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'architect-restore-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  const node = await architectOf()
  t.teardown(() => node.remove())
  const [backup, restored, go] = [join(root, 'backup'), join(root, 'restored'), join(root, 'go')]
  const submit = async (...argv: readonly string[]): Promise<string> =>
    String((await json(node.directory, 'run', '--detach', '--', ...argv))['id'])

  const done = await submit('echo', 'before the backup')
  await inState(node.directory, done, 'completed')
  const long = await submit('seq', '100000')
  await inState(node.directory, long, 'completed')
  const logs = (directory: string, id: string) => gaia(directory, 'task', 'logs', id)
  const said = (await logs(node.directory, long)).out
  t.equal(said.length, 688_895, 'its lines end in two bytes')
  const running = await submit('sh', '-c', `until [ -e ${go} ]; do sleep 0.1; done`)
  await inState(node.directory, running, 'executing')
  t.match(await json(node.directory, 'admin', 'backup', backup), { done: true })

  const refused = await gaia(root, 'admin', 'restore', node.directory, restored)
  t.equal(refused.code, 1)
  t.match(refused.err, /has it open; back it up with: gaia admin backup/)
  const made = await gaia(root, 'admin', 'restore', backup, restored)
  t.equal(made.code, 0, made.err)
  t.match(made.out, `Start it with: architect --data ${restored}`)
  t.equal((await gaia(root, 'admin', 'restore', backup, restored)).code, 2, 'it is not empty now')

  const copy = await architectOf({ directory: restored })
  t.teardown(() => copy.remove())
  const [before, after] = [await json(node.directory, 'status'), await json(restored, 'status')]
  t.equal(after['clusterId'], before['clusterId'])
  t.not(after['storeId'], before['storeId'])
  t.match(await json(restored, 'task', 'show', done), { state: 'completed' })
  t.match(await logs(restored, done), { code: 0, out: 'before the backup\r\n' })
  t.ok((await logs(restored, long)).out === said, 'all that it has said')
  writeFileSync(go, '')
  const [folder = ''] = readdirSync(join(restored, 'blobs'))
  const [hash = ''] = readdirSync(join(restored, 'blobs', folder))
  appendFileSync(join(restored, 'blobs', folder, hash), 'x')
  const damaged = await logs(restored, long)
  t.match(damaged, { code: 1, out: /^$/, err: new RegExp(`the blob "${hash}"`) })
  const again = await inState(restored, running, 'completed')
  t.equal(again['attempt'], 2, 'its attempt was lost with the old store, and it ran again')
})
