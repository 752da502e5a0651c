/** What every form of the engine port must do; run against LevelDB and the simulated disk. */
import t from 'tap'
import type { Engine } from '../../runtime/storage/engine.ts'
import type { Done, KeyRange, Op } from '../../runtime/storage/store.ts'

export interface EngineWorld {
  /** An empty database; called anew it is a second one. */
  open(): Promise<Engine>
  /** The same database after the program has ended and started again. */
  reopen(engine: Engine): Promise<Engine>
  /** Lets time pass until `promise` settles. */
  wait<Result>(promise: Promise<Result>): Promise<Result>
}

export const put = (key: string, value: string): Op => ({
  type: 'put',
  key,
  value: Buffer.from(value),
})
export const del = (key: string): Op => ({ type: 'delete', key })

export function engineContract(form: string, world: EngineWorld): void {
  const done = (ask: (done: Done) => void): Promise<void> =>
    world.wait(
      new Promise((resolve, reject) => ask((error) => (error ? reject(error) : resolve()))),
    )
  const write = (engine: Engine, ...ops: Op[]): Promise<void> =>
    done((asked) => engine.write(ops, asked))
  const scanned = async (engine: Pick<Engine, 'scan'>, range: KeyRange): Promise<string[]> => {
    const found: string[] = []
    const visit = (key: string, value: Uint8Array): void => {
      found.push(`${key}=${Buffer.from(value).toString()}`)
    }
    await done((asked) => engine.scan(range, visit, asked))
    return found
  }
  const ALL = { gte: '', lt: '\u{10ffff}' }

  t.test(`${form}: a batch is there as a whole once it is done, and after reopening`, async (t) => {
    const engine = await world.open()
    await write(engine, put('a', '1'), put('b', '2'), put('empty', ''))
    await write(engine, put('a', '3'), del('b'), del('never'), put('big', 'x'.repeat(1_048_576)))
    const again = await world.reopen(engine)
    t.equal(String(Buffer.from(again.get('a') ?? [])), '3')
    t.equal(again.get('b'), undefined)
    t.equal(again.get('empty')?.length, 0)
    t.equal(again.get('big')?.length, 1_048_576)
    t.equal(again.get('never'), undefined)
  })

  t.test(`${form}: done is never called before write returns`, async (t) => {
    const engine = await world.open()
    let returned = false
    await done((asked) => {
      engine.write([put('a', '1')], (error) => {
        t.ok(returned)
        asked(error)
      })
      returned = true
    })
  })

  t.test(`${form}: a scan goes through [gte, lt) in order of the keys' UTF-8 bytes`, async (t) => {
    const engine = await world.open()
    const keys = ['a', 'a/1', 'a/10', 'a/2', 'b', 'é', '\uff5e', '\u{1f600}']
    await write(engine, ...keys.toReversed().map((key) => put(key, '.')))
    t.same(
      await scanned(engine, ALL),
      keys.map((key) => `${key}=.`),
    )
    t.same(await scanned(engine, { gte: 'a/', lt: 'a0' }), ['a/1=.', 'a/10=.', 'a/2=.'])
    t.same(await scanned(engine, { gte: 'a', lt: 'b', limit: 2 }), ['a=.', 'a/1=.'])
    t.same(await scanned(engine, { gte: 'a', lt: 'b', reverse: true, limit: 2 }), [
      'a/2=.',
      'a/10=.',
    ])
    t.same(await scanned(engine, { gte: 'c', lt: 'd' }), [])
  })

  t.test(`${form}: a visitor that returns false ends the scan`, async (t) => {
    const engine = await world.open()
    await write(engine, ...Array.from({ length: 2_500 }, (_, n) => put(`k${n}`, '')))
    let seen = 0
    await done((asked) => engine.scan(ALL, () => ++seen < 1_200, asked))
    t.equal(seen, 1_200)
  })

  t.test(`${form}: a scan and a snapshot see the database as it was when they began`, async (t) => {
    const engine = await world.open()
    await write(engine, put('a', '1'), put('b', '1'))
    const snapshot = engine.snapshot()
    const early = scanned(engine, ALL)
    const late = write(engine, put('a', '2'), del('b'), put('c', '2'))
    t.same(await early, ['a=1', 'b=1'])
    await late
    t.same(await scanned(snapshot, ALL), ['a=1', 'b=1'])
    t.same(await scanned(engine, ALL), ['a=2', 'c=2'])
    await done((asked) => snapshot.release(asked))
  })

  t.test(
    `${form}: many scans at once all come to their end, and writes between them`,
    async (t) => {
      const engine = await world.open()
      await write(engine, ...Array.from({ length: 3_000 }, (_, n) => put(`k${n}`, '')))
      const scans = Array.from({ length: 60 }, () => scanned(engine, ALL))
      await write(engine, put('between', ''))
      for (const found of await world.wait(Promise.all(scans))) t.equal(found.length, 3_000)
    },
  )
}
