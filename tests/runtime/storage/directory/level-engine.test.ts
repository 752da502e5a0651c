import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openLevelEngine } from '../../../../runtime/storage/directory/level-engine.ts'
import type { Engine } from '../../../../runtime/storage/engine.ts'
import { engineContract } from '../../../contracts/engine.contract.ts'

const root = mkdtempSync(join(tmpdir(), 'architect-level-'))
const places = new Map<Engine, string>()
t.teardown(async () => {
  for (const engine of places.keys()) await new Promise<void>((done) => engine.close(done))
  rmSync(root, { recursive: true })
})

async function open(path: string, create: boolean): Promise<Engine> {
  const engine = await openLevelEngine(path, { create })
  places.set(engine, path)
  return engine
}

engineContract('level', {
  open: () => open(join(root, `db${places.size}`), true),
  async reopen(engine) {
    await new Promise<void>((done) => engine.close(done))
    return open(places.get(engine) ?? '', false)
  },
  wait: (promise) => promise,
})

t.test('openLevelEngine() never makes a database that it was not told to make', async (t) => {
  await t.rejects(openLevelEngine(join(root, 'none'), { create: false }), { code: 'STORE_FAILED' })
  const path = join(root, 'there')
  await open(path, true)
  await t.rejects(openLevelEngine(path, { create: true }), { code: 'STORE_LOCKED' })
})
