import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { formatKey } from '../../../actors/terminals.ts'
import { exitsOf, followed, ready, specOf, started } from '../../contracts/terminals.contract.ts'
import { holderOf, residentBytes } from './holder-of.ts'

const MIB = 1024 * 1024

t.test('no byte of a fast exit is lost, in 240 runs of 200 KB', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const exits = exitsOf(world.terminals())
  await ready(world)
  let short = 0
  for (let round = 0; round < 60; round++) {
    const specs = Array.from({ length: 4 }, () => specOf(['head', '-c', '200000', '/dev/zero']))
    const followers = specs.map((spec) => {
      world.terminals().start(spec, () => {})
      return followed(world.terminals(), spec.key)
    })
    await world.until(() => followers.every(({ heard }) => heard.ended === 1))
    for (const [index, spec] of specs.entries()) {
      const kept = readFileSync(join(world.data, 'attempts', spec.key.task, '1', 'output')).length
      const said = exits.get(formatKey(spec.key))?.outputBytes
      const heard = followers[index]?.heard
      const all = [kept, said, heard?.text.length].every((bytes) => bytes === 200_000)
      if (!all || !heard?.orderly) short += 1
      world.terminals().forget(spec.key)
    }
  }
  t.equal(short, 0)
})

t.test('bytes, codes and signals come through as they are', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const exits = exitsOf(world.terminals())
  await ready(world)
  for (const [script, code, signal, text] of [
    ['exit 0', 0, null, ''],
    ['exit 255', 255, null, ''],
    ['kill -9 $$', null, 'SIGKILL', ''],
    ['kill -SEGV $$', null, 'SIGSEGV', ''],
    ["printf '\\377\\000\\033[0m\\303'", 0, null, '\xff\0\x1b[0m\xc3'],
    ['stty size', 0, null, '24 80\r\n'],
    ['pwd', 0, null, '/tmp\r\n'],
    ['echo $TERM $COLORTERM $LANG $KEY', 0, null, 'xterm-256color truecolor C.UTF-8 mine\r\n'],
  ] as const) {
    const spec = specOf(['sh', '-c', script], { cwd: '/tmp', env: { KEY: 'mine' } })
    await started(world, spec)
    const { heard } = followed(world.terminals(), spec.key)
    await world.until(() => heard.ended === 1)
    t.match(exits.get(formatKey(spec.key)), { code, signal, reason: 'exited' }, script)
    t.equal(heard.text, text, script)
  }
})

t.test('the environment of the node does not reach a command', async (t) => {
  process.env['ARCHITECT_TEST_SECRET'] = 'hunter2'
  t.teardown(() => delete process.env['ARCHITECT_TEST_SECRET'])
  const world = holderOf()
  t.teardown(() => world.stop())
  const spec = specOf(['sh', '-c', 'env; tr "\\0" "\\n" < /proc/$PPID/environ'])
  await started(world, spec)
  const { heard } = followed(world.terminals(), spec.key)
  await world.until(() => heard.ended === 1)
  t.notMatch(heard.text, 'hunter2')
  t.match(heard.text, `ARCHITECT_ATTEMPT=`)
})

t.test('a directory that is missing, or a program, is said plainly', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const exits = exitsOf(world.terminals())
  for (const [argv, cwd, detail] of [
    [['true'], '/no/such/place', 'Cannot start in "/no/such/place": no such directory'],
    [['true'], '/etc/passwd', 'Cannot start in "/etc/passwd": not a directory'],
    [['/etc/passwd'], '/', 'Cannot start "/etc/passwd": not executable'],
  ] as const) {
    const spec = specOf(argv, { cwd })
    await started(world, spec)
    await world.until(() => exits.has(formatKey(spec.key)))
    t.match(exits.get(formatKey(spec.key)), { reason: 'spawn-failed', detail })
  }
})

t.test('of too much output both ends are kept, and the middle is a gap', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const exits = exitsOf(world.terminals())
  const script = 'echo FIRST; head -c 9000000 /dev/zero; echo; echo LAST'
  const spec = specOf(['sh', '-c', script], { outputBytesMax: 4 * MIB })
  await started(world, spec)
  await world.until(() => exits.size === 1)
  t.match(exits.get(formatKey(spec.key)), { outputTruncated: true })
  for (const forgotten of [false, true]) {
    if (forgotten) world.terminals().forget(spec.key)
    const { heard } = followed(world.terminals(), spec.key)
    await world.until(() => heard.ended === 1)
    t.equal(heard.gaps, 1)
    t.equal(heard.text.length, 4 * MIB, 'as much as was asked for')
    t.ok(heard.text.startsWith('FIRST\r\n') && heard.text.endsWith('LAST\r\n'))
    t.ok(heard.orderly)
  }
})

t.test('a reader that stands still costs little and holds up nobody', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  await ready(world)
  const [pid = 0] = world.terminals().holders()
  const before = residentBytes(pid)
  const spec = specOf(['head', '-c', '150000000', '/dev/zero'], { outputBytesMax: 8 * MIB })
  await started(world, spec)
  const slow = followed(world.terminals(), spec.key)
  slow.following.pause()
  const fast = followed(world.terminals(), spec.key)
  await world.until(() => fast.heard.ended === 1)
  const grownMib = (residentBytes(pid) - before) / MIB
  t.ok(grownMib < 16, `the holder grew by ${grownMib.toFixed(1)} MiB`)
  t.ok(slow.heard.text.length <= 320 * 1024, 'a paused reader gets at most its window')
  slow.following.resume()
  await world.until(() => slow.heard.ended === 1)
  t.ok(slow.heard.orderly && slow.heard.gaps === 1)
  t.equal(slow.heard.next, 150_000_000)
})

t.test('keys reach the command, and a new size, too', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const script = 'read line; echo "got $line"; stty size'
  const spec = specOf(['sh', '-c', script])
  await started(world, spec)
  world.terminals().resize(spec.key, { cols: 132, rows: 50 })
  world.terminals().write(spec.key, Buffer.from('abc\r'))
  const { heard } = followed(world.terminals(), spec.key)
  await world.until(() => heard.ended === 1)
  t.equal(heard.text, 'abc\r\ngot abc\r\n50 132\r\n')
})

t.test('a command whose output stands stopped still ends, with all it said', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const spec = specOf(['sh', '-c', 'read line; echo said; exec sleep 0.2'])
  await started(world, spec)
  const { heard } = followed(world.terminals(), spec.key)
  world.terminals().write(spec.key, Buffer.from('x\n'))
  await world.until(() => heard.text.includes('said'))
  world.terminals().write(spec.key, Buffer.from('\x13')) // Ctrl-S: nothing more comes out.
  await world.until(() => heard.ended === 1)
  t.match(heard.text, 'said')
})
