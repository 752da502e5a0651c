import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { start, type Ended, type Running } from '../node/gaia/gaia-of.ts'
import { architectOf, type Architect } from './architect-of.ts'

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}

function gaiaOf({ directory }: Architect): (...argv: readonly string[]) => Promise<Ended> {
  return (...argv) => start(['--data', directory, ...argv]).ended
}

function run(directory: string, script: string, ...flags: readonly string[]): Running {
  return start(['--data', directory, 'run', ...flags, '--', 'sh', '-c', script])
}

t.test('gaia against a real node', async (t) => {
  const node = await architectOf()
  t.teardown(() => node.remove())
  const { directory } = node
  const gaia = gaiaOf(node)

  t.test('the credential is for its owner only', async (t) => {
    t.equal((await stat(join(directory, 'credential'))).mode & 0o777, 0o600)
  })

  t.test('run streams the output live and ends with the code of the command', async (t) => {
    const running = run(directory, 'echo hi; sleep 2; exit 3')
    await until(() => running.out().includes('hi'))
    t.equal(running.child.exitCode, null, 'the output came before the end')
    const ended = await running.ended
    t.match(ended.out, /^hi\r?\n$/)
    t.equal(ended.code, 3)
  })

  t.test('run ends with 0, with 128 + n, and passes on variables and the directory', async (t) => {
    t.equal((await run(directory, 'exit 0').ended).code, 0)
    t.equal((await run(directory, 'kill -9 $$').ended).code, 137)
    const here = await run(
      directory,
      'echo $GREETING; pwd',
      '--env',
      'GREETING=hello',
      '--workdir',
      '/tmp',
    ).ended
    t.match(here.out, /hello\r?\n\/(private\/)?tmp/)
  })

  t.test('run --json tells what happens, the result last', async (t) => {
    const { out, code } = await run(directory, 'echo hi; exit 4', '--json').ended
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    t.equal(code, 4)
    t.match(events[0], { seq: 1, event: 'task.queued' })
    t.match(
      events.find(({ event }) => event === 'task.output'),
      { offset: 0, text: /hi/ },
    )
    t.match(events.at(-1), { event: 'task.result', state: 'failed', exitCode: 4 })
  })

  t.test('run --detach returns an id whose logs can be followed', async (t) => {
    const detached = await run(directory, 'echo one; sleep 1; echo two', '--detach').ended
    const id = detached.out.trim()
    t.match(id, /^t\d\d-[0-9A-Z]{26}$/)
    const logs = await gaia('task', 'logs', '--follow', id)
    t.match(logs.out, /^one\r?\ntwo\r?\n$/)
    t.match(JSON.parse((await gaia('task', 'show', id, '--json')).out), {
      id,
      state: 'completed',
      outcome: { class: 'ok' },
    })
    t.match((await gaia('task', 'explain', id)).out, 'completed')
  })

  t.test('the same key is the same task', async (t) => {
    const once = await run(directory, 'echo x', '--detach', '--key', 'same').ended
    const again = await run(directory, 'echo x', '--detach', '--key', 'same').ended
    t.equal(again.out, once.out)
    const other = await run(directory, 'echo y', '--detach', '--key', 'same').ended
    t.equal(other.code, 255)
  })

  t.test('Ctrl-C ends the command', async (t) => {
    const running = run(directory, 'echo begun; sleep 60')
    await until(() => running.out().includes('begun'))
    running.child.kill('SIGINT')
    t.equal((await running.ended).code, 130)
  })

  t.test('tasks wait for tasks, are cancelled, listed and counted', async (t) => {
    const first = (await run(directory, 'sleep 60', '--detach', '--label', 'e2e').ended).out.trim()
    const second = await run(directory, 'true', '--detach', '--label', 'e2e', '--after', first)
      .ended
    const list = JSON.parse((await gaia('tasks', '--label', 'e2e', '--json')).out) as {
      readonly tasks: readonly { readonly id: string; readonly state: string }[]
    }
    t.match(
      list.tasks.find(({ id }) => id === second.out.trim()),
      { state: 'suspended' },
    )
    t.match(await gaia('task', 'cancel', '--label', 'e2e', '--yes'), { code: 0 })
    await gaia('task', 'logs', '--follow', first)
    t.match((await gaia('task', 'show', first)).out, 'cancelled')
    t.match(JSON.parse((await gaia('status', '--json')).out), {
      node: 'one',
      shards: { total: 64 },
    })
  })

  t.test('the console link, schemas and tokens are there', async (t) => {
    t.match((await gaia('console')).out, /^http:\/\/localhost:\d+\/#c=/)
    t.match((await gaia('admin', 'schema')).out, /task +v\d/)
    t.match((await gaia('token', 'create', '--name', 'e2e')).out, /^architect_/)
    t.match((await gaia('token', 'list')).out, 'e2e')
  })
})

t.test('gaia run goes on where it was while its node is killed and started again', async (t) => {
  const node = await architectOf()
  const script = 'for n in 1 2 3 4 5 6 7 8; do echo line $n; sleep 1; done; exit 5'
  const running = run(node.directory, script)
  await until(() => running.out().includes('line 2'))
  await node.kill('SIGKILL')
  const second = await node.restart()
  t.teardown(() => second.remove())
  const ended = await running.ended
  t.same(
    ended.out.trim().split(/\r?\n/),
    [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `line ${n}`),
  )
  t.equal(ended.code, 5)
})
