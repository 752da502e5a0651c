/** What every form of the terminals port must do; run against the holder and the simulation. */
import type t from 'tap'
import {
  type AttemptKey,
  type Exit,
  formatKey,
  type Held,
  type StartResult,
  type TerminalSpec,
  type Terminals,
} from '../../actors/terminals.ts'

export interface TerminalsWorld {
  /** Of the present life of the node. */
  terminals(): Terminals
  /** The node dies and lives again. */
  restartNode(): void
  crashHolder(): void
  /** Lets time pass until it holds; fails the test if it does not within some seconds. */
  until(holds: () => boolean): Promise<void>
  stop(): Promise<void>
}

/** Every world knows these commands. */
export const COMMANDS = {
  /** Says `hello` and leaves with 3. */
  hello: ['sh', '-c', 'echo hello; exit 3'],
  endless: ['sh', '-c', 'echo on; exec sleep 1000'],
  missing: ['no-such-command'],
} as const

export const HELLO = 'hello\r\n'

let tasks = 0

export function specOf(
  argv: readonly string[],
  more: Partial<Omit<TerminalSpec, 'argv'>> = {},
): TerminalSpec {
  return {
    key: { task: `t00-${++tasks}`, attempt: 1 },
    argv,
    env: {},
    cols: 80,
    rows: 24,
    deadlineMs: null,
    leash: 'unlimited',
    outputBytesMax: 64 * 1024 * 1024,
    ...more,
  }
}

/** A follower that remembers. */
export function followed(terminals: Terminals, key: AttemptKey, from = 0) {
  const heard = { text: '', next: from, orderly: true, gaps: 0, ended: 0, gone: 0 }
  const following = terminals.follow(key, from, {
    bytes(offset, chunk) {
      heard.orderly &&= offset === heard.next
      heard.next = offset + chunk.length
      heard.text += Buffer.from(chunk).toString('latin1')
    },
    gap(_from, to) {
      heard.gaps += 1
      heard.next = to
    },
    end: () => void (heard.ended += 1),
    gone: () => void (heard.gone += 1),
  })
  return { heard, following }
}

/** Exits as they are said, by key. */
export function exitsOf(terminals: Terminals): Map<string, Exit> {
  const exits = new Map<string, Exit>()
  terminals.onExit((key, exit) => void exits.set(formatKey(key), exit))
  return exits
}

export async function started(world: TerminalsWorld, spec: TerminalSpec): Promise<StartResult> {
  await ready(world)
  let result: StartResult | undefined
  world.terminals().start(spec, (said) => {
    result = said
  })
  await world.until(() => result !== undefined)
  return result ?? { type: 'started' }
}

export async function ready(world: TerminalsWorld): Promise<void> {
  let state = 'lost'
  const watching = world.terminals().onState((said) => {
    state = said
  })
  await world.until(() => state === 'ready')
  watching.cancel()
}

export async function listed(world: TerminalsWorld): Promise<readonly Held[]> {
  await ready(world)
  let held: readonly Held[] | undefined
  world.terminals().list((said) => {
    held = said ?? []
  })
  await world.until(() => held !== undefined)
  return held ?? []
}

export function terminalsContract(test: typeof t, worldOf: () => TerminalsWorld): void {
  const within = (name: string, run: (test: typeof t, world: TerminalsWorld) => Promise<void>) =>
    test.test(name, async (inner) => {
      const world = worldOf()
      inner.teardown(() => world.stop())
      await run(inner as typeof t, world)
    })

  void within('an exit carries code and bytes, and the follower has it all', async (t, world) => {
    const spec = specOf(COMMANDS.hello)
    const exits = exitsOf(world.terminals())
    t.same(await started(world, spec), { type: 'started' })
    const { heard } = followed(world.terminals(), spec.key)
    await world.until(() => heard.ended === 1 && exits.size === 1)
    const exit = exits.get(formatKey(spec.key))
    t.match(exit, { reason: 'exited', code: 3, signal: null, outputBytes: HELLO.length })
    t.equal(heard.text, HELLO)
  })

  void within('a second start of a key runs nothing', async (t, world) => {
    const spec = specOf(COMMANDS.hello)
    const exits = exitsOf(world.terminals())
    await started(world, spec)
    t.same(await started(world, spec), { type: 'started' }, 'while it runs')
    await world.until(() => exits.size === 1)
    t.same(await started(world, spec), { type: 'started' }, 'when it is over')
    world.terminals().forget(spec.key)
    t.match(await started(world, spec), { type: 'refused', reason: 'late' }, 'when forgotten')
    const { heard } = followed(world.terminals(), spec.key)
    await world.until(() => heard.ended === 1)
    t.equal(heard.text, HELLO, 'the output of a forgotten attempt stays readable')
  })

  void within('what cannot be started says why in its exit', async (t, world) => {
    const spec = specOf(COMMANDS.missing)
    const exits = exitsOf(world.terminals())
    t.same(await started(world, spec), { type: 'started' })
    await world.until(() => exits.size === 1)
    t.match(exits.get(formatKey(spec.key)), { reason: 'spawn-failed', detail: /no such command/ })
  })

  void within('a leash that ends, ends the attempt; a renewed one does not', async (t, world) => {
    const exits = exitsOf(world.terminals())
    const untilMs = world.terminals().nowMs() + 1_500
    const kept = specOf(COMMANDS.endless, { leash: { untilMs } })
    const dropped = specOf(COMMANDS.endless, { leash: { untilMs } })
    await started(world, kept)
    await started(world, dropped)
    let bound = false
    world.terminals().renew([{ key: kept.key, leash: 'unlimited' }], (said) => {
      bound = said
    })
    await world.until(() => bound)
    await world.until(() => exits.size === 1)
    t.match(exits.get(formatKey(dropped.key)), { reason: 'leash', signal: 'SIGKILL' })
    t.ok(world.terminals().nowMs() < untilMs + 1_000, 'within a second')
    t.match(await listed(world), [{ type: 'exited' }, { type: 'running' }].reverse())
  })

  void within('a deadline ends it as timed out, a late start is refused', async (t, world) => {
    const exits = exitsOf(world.terminals())
    await ready(world)
    const nowMs = world.terminals().nowMs()
    const spec = specOf(COMMANDS.endless, { deadlineMs: nowMs + 300 })
    await started(world, spec)
    await world.until(() => exits.size === 1)
    t.match(exits.get(formatKey(spec.key)), { reason: 'timed-out' })
    const late = specOf(COMMANDS.hello, { leash: { untilMs: nowMs } })
    t.match(await started(world, late), { type: 'refused', reason: 'late' })
  })

  void within('a cancelled one ends with that reason', async (t, world) => {
    const exits = exitsOf(world.terminals())
    const spec = specOf(COMMANDS.endless)
    await started(world, spec)
    const { heard } = followed(world.terminals(), spec.key)
    await world.until(() => heard.text.includes('on'))
    world.terminals().end(spec.key, 'cancelled')
    world.terminals().end(spec.key, 'timed-out')
    await world.until(() => exits.size === 1)
    t.match(exits.get(formatKey(spec.key)), { reason: 'cancelled' })
  })

  void within('a node that restarts finds what runs and every exit it missed', async (t, world) => {
    const runs = specOf(COMMANDS.endless)
    const over = specOf(COMMANDS.hello)
    const before = exitsOf(world.terminals())
    await started(world, runs)
    await started(world, over)
    await world.until(() => before.size === 1)
    world.restartNode()
    const after = exitsOf(world.terminals())
    await world.until(() => after.size === 1)
    t.same([...after.keys()], [formatKey(over.key)])
    const held = await listed(world)
    t.same(held.map((each) => each.type).sort(), ['exited', 'running'])
    world.terminals().forget(over.key)
    t.same(
      (await listed(world)).map((each) => formatKey(each.key)),
      [formatKey(runs.key)],
    )
  })

  void within('a holder that dies is replaced, and what ran is lost', async (t, world) => {
    const spec = specOf(COMMANDS.endless)
    await started(world, spec)
    const exits = exitsOf(world.terminals())
    const states: string[] = []
    world.terminals().onState((state) => void states.push(state))
    await world.until(() => states.length === 1)
    world.crashHolder()
    await world.until(() => exits.size === 1 && states.at(-1) === 'ready')
    t.match(exits.get(formatKey(spec.key)), { reason: 'holder-lost', code: null })
    t.same(states, ['ready', 'lost', 'ready'])
    t.same(await started(world, spec), { type: 'started' }, 'and it is not run again')
    t.same(
      (await listed(world)).map((each) => each.type),
      ['exited'],
    )
  })

  void within(
    'output is there after its exit is forgotten, until it is discarded',
    async (t, world) => {
      const [kept, gone] = [specOf(COMMANDS.hello), specOf(COMMANDS.hello)]
      const exits = exitsOf(world.terminals())
      for (const spec of [kept, gone]) await started(world, spec)
      await world.until(() => exits.size === 2)
      for (const spec of [kept, gone]) world.terminals().forget(spec.key)
      const discarded: (Error | undefined)[] = []
      world.terminals().discard([gone.key.task], (error) => void discarded.push(error))
      await world.until(() => discarded.length === 1)
      t.same(discarded, [undefined])
      const told = followed(world.terminals(), kept.key)
      const silent = followed(world.terminals(), gone.key)
      await world.until(() => told.heard.ended === 1 && silent.heard.gone === 1)
      t.equal(told.heard.text, HELLO)
    },
  )

  void within(
    'a list holds every start asked for before, whatever became of it',
    async (t, world) => {
      for (const crash of [false, true]) {
        await ready(world)
        const terminals = world.terminals()
        const spec = specOf(COMMANDS.endless)
        const answers: StartResult[] = []
        const lists: (readonly Held[])[] = []
        terminals.start(spec, (answer) => void answers.push(answer))
        if (crash) world.crashHolder()
        const watching = terminals.onState((state) => {
          if (state === 'ready') terminals.list((held) => held && lists.push(held))
        })
        await world.until(() => lists.length > 0)
        watching.cancel()
        const keys = lists[0]?.map(({ key }) => formatKey(key)) ?? []
        const refused = answers[0]?.type === 'refused'
        t.ok(refused || keys.includes(formatKey(spec.key)), crash ? 'after a crash' : 'at once')
      }
    },
  )

  void within('an attempt nobody knows is gone, and ending it does nothing', async (t, world) => {
    await ready(world)
    const { heard } = followed(world.terminals(), { task: 'nobody', attempt: 1 })
    world.terminals().end({ task: 'nobody', attempt: 1 }, 'cancelled')
    world.terminals().forget({ task: 'nobody', attempt: 1 })
    await world.until(() => heard.gone === 1)
    t.same(await listed(world), [])
  })
}
