import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { formatKey, type TerminalSpec } from '../../../actors/terminals.ts'
import { exitsOf, followed, ready, specOf, started } from '../../contracts/terminals.contract.ts'
import { holderOf, lives, type RealWorld } from './holder-of.ts'

const LADDER = { interruptMs: 300, terminateMs: 300 }

/** Every live process that carries the attempt's mark. */
function marked(task: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && lives(pid) && carries(pid, task))
}

function carries(pid: number, task: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`/${task}/1\0`)
  } catch {
    return false
  }
}

async function endOf(world: RealWorld, spec: TerminalSpec, ready: string, act: () => void) {
  const exits = exitsOf(world.terminals())
  await started(world, spec)
  const { heard } = followed(world.terminals(), spec.key)
  await world.until(() => heard.text.includes(ready))
  act()
  await world.until(() => exits.has(formatKey(spec.key)))
  return exits.get(formatKey(spec.key))
}

for (const cgroups of [true, false]) {
  const by = cgroups ? 'what the machine offers' : 'marks alone'

  t.test(`whatever a command left is ended with it, by ${by}`, async (t) => {
    const world = holderOf({ cgroups, ladder: LADDER })
    t.teardown(() => world.stop())
    for (const [name, script] of [
      ['a child in the background', 'sleep 1000 & echo up'],
      ['one that ignores everything', "(trap '' HUP INT TERM; sleep 1000) & echo up"],
      ['one in a session of its own', 'setsid sleep 1000 & echo up'],
      [
        'one forked twice, detached',
        '(setsid sh -c "sleep 1000 & sleep 1000 &" &) ; sleep 0.1; echo up',
      ],
      ['nohup', 'nohup sleep 1000 >/dev/null 2>&1 & echo up'],
    ] as const) {
      const spec = specOf(['sh', '-c', script])
      const exit = await endOf(world, spec, 'up', () => {})
      t.match(exit, { reason: 'exited', code: 0 }, name)
      t.same(marked(spec.key.task), [], `${name}: nothing is left`)
    }
  })

  t.test(`the ladder ends what ignores its first rungs, by ${by}`, async (t) => {
    const world = holderOf({ cgroups, ladder: LADDER })
    t.teardown(() => world.stop())
    const stubborn = specOf([
      'sh',
      '-c',
      "trap '' INT TERM HUP; echo up; while :; do sleep 1; done",
    ])
    const end = () => world.terminals().end(stubborn.key, 'cancelled')
    t.match(await endOf(world, stubborn, 'up', end), { reason: 'cancelled', signal: 'SIGKILL' })
    t.same(marked(stubborn.key.task), [])

    const polite = specOf(['sh', '-c', "trap 'exit 7' INT; echo up; while :; do sleep 0.01; done"])
    const ask = () => world.terminals().end(polite.key, 'cancelled')
    t.match(await endOf(world, polite, 'up', ask), { reason: 'cancelled', code: 7 })

    const stopped = specOf(['sh', '-c', "trap '' INT; echo up; kill -STOP $$; echo never"])
    const wake = () => world.terminals().end(stopped.key, 'cancelled')
    t.match(await endOf(world, stopped, 'up', wake), { reason: 'cancelled' })
  })
}

t.test('F30: a fork bomb meets its limit and is ended with its attempt', async (t) => {
  const world = holderOf({ processesMax: 64, ladder: LADDER })
  t.teardown(() => world.stop())
  await ready(world)
  const limit = world.terminals().health()?.processesMax
  if (limit === null) return t.comment('no cgroup can be written here: the limit is not tested')
  const spec = specOf(['bash', '-c', 'echo up; bomb() { bomb | bomb & }; bomb; sleep 1000'])
  const exit = await endOf(world, spec, 'fork', () => world.terminals().end(spec.key, 'stale'))
  t.match(exit, { reason: 'stale', detail: /^limit_pids: the limit of 64 processes/ })
  t.same(marked(spec.key.task), [])
})

t.test('a late ladder jumps to its end when the leash does', async (t) => {
  const world = holderOf({ ladder: { interruptMs: 60_000, terminateMs: 60_000 } })
  t.teardown(() => world.stop())
  await ready(world)
  const leash = { untilMs: world.terminals().nowMs() + 800 }
  const spec = specOf(['sh', '-c', "trap '' INT; echo up; sleep 1000; sleep 1000"], { leash })
  const exit = await endOf(world, spec, 'up', () => world.terminals().end(spec.key, 'cancelled'))
  t.match(exit, { reason: 'cancelled', signal: 'SIGKILL' }, 'the first reason stands')
  t.ok(world.terminals().nowMs() < leash.untilMs + 1_000)
})
