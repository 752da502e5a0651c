import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { formatKey } from '../../../actors/terminals.ts'
import {
  exitsOf,
  followed,
  listed,
  ready,
  specOf,
  started,
} from '../../contracts/terminals.contract.ts'
import { holderOf, lives, maybeSignal, until } from './holder-of.ts'

/** Numbered lines, so that a gap or a byte said twice shows. */
const COUNT = 'i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done'

function counted(): string {
  return Array.from({ length: 3_000 }, (_, line) => `line ${line}\r\n`).join('')
}

t.test('a node that restarts reads on without a gap, to the byte', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const spec = specOf(['sh', '-c', COUNT.replace('echo "', 'sleep 0.0001; echo "')])
  await started(world, spec)
  let text = ''
  for (let life = 0; text.length < counted().length; life++) {
    const { heard } = followed(world.terminals(), spec.key, text.length)
    const enough = 2_000 * (life + 1)
    await world.until(() => heard.text.length > enough || heard.ended === 1)
    t.ok(heard.orderly && heard.gaps === 0)
    text += heard.text
    world.restartNode()
  }
  t.equal(text, counted())
})

t.test('a connection that breaks under a follower is not noticed by it', async (t) => {
  const world = holderOf({ silentMs: 700 })
  t.teardown(() => world.stop())
  const spec = specOf(['sh', '-c', `${COUNT}; sleep 0.3; echo done`])
  await started(world, spec)
  const { heard } = followed(world.terminals(), spec.key)
  await world.until(() => heard.text.length > 100)
  const [holder = 0] = world.terminals().holders()
  process.kill(holder, 'SIGSTOP') // Silent for longer than an answer may take.
  let answered: unknown
  world.terminals().list((held) => {
    answered = held ?? 'lost'
  })
  await world.until(() => answered === 'lost')
  process.kill(holder, 'SIGCONT')
  await world.until(() => heard.ended === 1)
  t.equal(heard.text, `${counted()}done\r\n`)
})

t.test('a holder that is frozen is killed and replaced, and what it ran is ended', async (t) => {
  const world = holderOf({ silentMs: 500 })
  t.teardown(() => world.stop())
  const exits = exitsOf(world.terminals())
  const spec = specOf(['sleep', '1000'])
  await started(world, spec)
  const [held] = await listed(world)
  const [holder = 0] = world.terminals().holders()
  process.kill(holder, 'SIGSTOP')
  world.terminals().list(() => {})
  await world.until(() => exits.size === 1)
  t.match(exits.get(formatKey(spec.key)), { reason: 'holder-lost' })
  t.notOk(lives(holder) || (held?.type === 'running' && lives(held.pid)))
})

t.test('leashes end attempts while the node is frozen', async (t) => {
  const world = holderOf({ store: 'frozen' })
  t.teardown(() => world.stop())
  await ready(world)
  const untilMs = world.terminals().nowMs() + 1_500
  const node = spawn(process.execPath, [
    join(import.meta.dirname, 'frozen-node.ts'),
    world.data,
    'frozen',
    JSON.stringify(specOf(['sleep', '1000'], { leash: { untilMs } })),
  ])
  t.teardown(() => node.kill('SIGKILL'))
  let pid = 0
  node.stdout.on('data', (text) => {
    pid = Number(String(text))
  })
  await until(() => pid > 0)
  node.kill('SIGSTOP')
  t.ok(lives(pid))
  await until(() => !lives(pid))
  const lateMs = world.terminals().nowMs() - untilMs
  t.ok(lateMs > -50 && lateMs < 10_000, `ended ${lateMs.toFixed(0)} ms after the leash`)
})

t.test('what a killed holder left is swept before another starts, daemons too', async (t) => {
  for (const cgroups of [true, false]) {
    const world = holderOf({ cgroups })
    t.teardown(() => world.stop())
    const exits = exitsOf(world.terminals())
    const script =
      "trap '' HUP TERM; setsid sh -c 'trap \"\" HUP; echo pid $$; sleep 1000' & sleep 1000"
    const spec = specOf(['sh', '-c', script])
    await started(world, spec)
    const { heard } = followed(world.terminals(), spec.key)
    await world.until(() => /pid \d+\r/.test(heard.text))
    const daemon = Number(/pid (\d+)/.exec(heard.text)?.[1])
    t.ok(lives(daemon))
    world.crashHolder()
    await world.until(() => exits.size === 1)
    t.match(exits.get(formatKey(spec.key)), { reason: 'holder-lost', outputTruncated: true })
    t.notOk(lives(daemon), 'the daemon is ended')
    await world.until(() => heard.ended === 1)
    t.match(heard.text, `pid ${daemon}`)
  }
})

t.test(
  'an upgrade starts what is new in a new holder; the old one drains and leaves',
  async (t) => {
    const world = holderOf()
    t.teardown(() => world.stop())
    const exits = exitsOf(world.terminals())
    const old = specOf(['sh', '-c', 'echo old; read line; echo $line'])
    await started(world, old)
    const { heard } = followed(world.terminals(), old.key)
    const [oldPid = 0] = world.terminals().holders()
    world.terminals().upgrade()
    await world.until(() => world.terminals().holders().length === 2)
    const fresh = specOf(['sleep', '1000'])
    await started(world, fresh)
    const [newPid = 0] = world.terminals().holders()
    t.not(newPid, oldPid)
    t.equal((await listed(world)).length, 2, 'both are listed')

    world.restartNode()
    exitsOf(world.terminals()).clear()
    await ready(world)
    await world.until(() => world.terminals().holders().length === 2)
    t.equal(world.terminals().holders()[0], newPid, 'a restarted node finds both')
    t.ok(lives(oldPid), 'the old one holds its attempt')
    world.terminals().write(old.key, Buffer.from('bye\n'))
    const again = followed(world.terminals(), old.key)
    await world.until(() => again.heard.ended === 1)
    t.equal(again.heard.text, 'old\r\nbye\r\nbye\r\n')
    world.terminals().forget(old.key)
    await world.until(() => !lives(oldPid))
    await world.until(() => world.terminals().holders().length === 1)
    t.ok(heard.text.startsWith('old') && exits.size === 0)
  },
)

t.test('a draining holder that dies leaves its exits to the living one', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const exits = exitsOf(world.terminals())
  const spec = specOf(['sleep', '1000'])
  await started(world, spec)
  const [oldPid = 0] = world.terminals().holders()
  world.terminals().upgrade()
  await world.until(() => world.terminals().holders().length === 2)
  process.kill(oldPid, 'SIGKILL')
  await world.until(() => exits.size === 1)
  t.match(exits.get(formatKey(spec.key)), { reason: 'holder-lost' })
  await ready(world)
  t.same(
    (await listed(world)).map((held) => held.type),
    ['exited'],
  )
})

t.test('another build replaces the holder by itself', async (t) => {
  const world = holderOf({ store: 'builds', build: 'one' })
  t.teardown(() => world.stop())
  await ready(world)
  const [first = 0] = world.terminals().holders()
  world.terminals().close()
  const next = holderOf({ data: world.data, store: 'builds', build: 'two' })
  t.teardown(() => next.stop())
  await ready(next)
  t.not(next.terminals().holders()[0], first)
  await until(() => !lives(first))
})

t.test(
  'a holder leaves when it holds nothing and nobody comes, and its files with it',
  async (t) => {
    const world = holderOf({ lonelyMs: 300 })
    t.teardown(() => world.stop())
    await ready(world)
    const [pid = 0] = world.terminals().holders()
    world.terminals().close()
    await until(() => !lives(pid))
    const left = readdirSync(join(world.data, 'holder')).filter((name) => /^\d/.test(name))
    t.same(left, [])
    maybeSignal(pid, 'SIGKILL')
  },
)

t.test('exits that a stopped holder owed are said by the next', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const spec = specOf(['sh', '-c', 'echo kept; exit 5'])
  const ran = specOf(['sleep', '1000'])
  const before = exitsOf(world.terminals())
  await started(world, spec)
  await started(world, ran)
  await world.until(() => before.size === 1)
  const [pid = 0] = world.terminals().holders()
  process.kill(pid, 'SIGTERM')
  await until(() => !lives(pid))
  world.restartNode()
  const after = exitsOf(world.terminals())
  await world.until(() => after.size === 2)
  t.match(after.get(formatKey(spec.key)), { reason: 'exited', code: 5 })
  t.match(after.get(formatKey(ran.key)), { reason: 'leash', signal: 'SIGKILL' })
})

t.test('a holder that was told to stop leaves what is new to the next', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  await started(world, specOf(['sleep', '1000']))
  const [pid = 0] = world.terminals().holders()
  process.kill(pid, 'SIGTERM')
  const results: unknown[] = []
  const again = setInterval(() => {
    world.terminals().start(specOf(['sleep', '1000']), (result) => results.push(result))
  }, 10)
  await until(() => !lives(pid))
  clearInterval(again)
  await ready(world)
  t.not(world.terminals().holders()[0], pid)
  await world.until(() => results.some((each) => (each as { type: string }).type === 'started'))
})

t.test('a holder whose directory is taken away ends what it runs, and leaves', async (t) => {
  const world = holderOf()
  const spec = specOf(['sleep', '1000'])
  await started(world, spec)
  const [pid = 0] = world.terminals().holders()
  const [held] = await listed(world)
  world.terminals().close()
  rmSync(world.data, { recursive: true })
  await until(() => !lives(pid))
  t.notOk(held?.type === 'running' && lives(held.pid))
})

t.test('a data directory with a long path works', async (t) => {
  const short = mkdtempSync(join(tmpdir(), 'holder-'))
  t.teardown(() => rmSync(short, { recursive: true, force: true }))
  const data = join(short, 'x'.repeat(120))
  mkdirSync(data)
  const world = holderOf({ data })
  t.teardown(() => world.stop())
  const spec = specOf(['true'])
  t.same(await started(world, spec), { type: 'started' })
})
