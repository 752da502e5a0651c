import t from 'tap'
import type { ActorRef } from '../../../runtime/actor/actor-ref.ts'
import { same, started, stop, stopping, type Behavior } from '../../../runtime/actor/behavior.ts'
import type { ChildSpec } from '../../../runtime/actor/child-spec.ts'
import { act, actorsOf, note, puppet, puppetSpec, type Puppet } from '../actor/actors-of.ts'

/** A supervisor whose one child is made by `spec` in every life; `child()` is the newest. */
function familyOf(spec: ChildSpec<Puppet>, more: Partial<ChildSpec<Puppet>> = {}) {
  const actors = actorsOf()
  const notes: string[] = []
  let child: ActorRef<Puppet> | undefined
  const parent = actors.system.spawn<Puppet>({
    name: 'parent',
    restart: 'transient',
    start: () => ({
      ...puppet([]),
      [started]: (context) => {
        notes.push('parent started')
        child = context.spawn(spec)
        return same
      },
    }),
    ...more,
  })
  actors.settle()
  return { ...actors, parent, notes, child: () => child }
}

t.test('a crash in a handler starts the actor anew; what waits behind is taken then', async (t) => {
  const { system, clock, failures, metrics } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  actor.tell(note('before'))
  actor.tell({ type: 'crash' })
  actor.tell(note('behind'))
  clock.advance(49)
  t.same(notes, ['started', 'before'])
  t.match(metrics('puppet'), { status: 'pausing', waiting: 1, failures: 1, restarts: 0 })
  actor.tell(note('while it pauses'))
  clock.advance(20)
  t.same(notes, ['started', 'before', 'started', 'behind', 'while it pauses'])
  t.same(failures, ['puppet: it crashes'])
  t.match(metrics('puppet'), { status: 'running', restarts: 1 })
})

t.test('a restart leaves nothing of the state that failed', async (t) => {
  const { system, clock, settle } = actorsOf()
  const counts: number[] = []
  type Count = { readonly type: 'count' | 'crash' }
  const counting = (count: number): Behavior<Count> => ({
    count: () => {
      counts.push(count)
      return counting(count + 1)
    },
    crash: () => {
      throw new Error('it crashes')
    },
  })
  const actor = system.spawn({ name: 'a', restart: 'permanent', start: () => counting(0) })
  for (const type of ['count', 'count', 'crash', 'count'] as const) actor.tell({ type })
  settle()
  clock.advance(1_000)
  t.same(counts, [0, 1, 0])
})

t.test('a crash takes neither its siblings nor the process', async (t) => {
  const { system, clock } = actorsOf()
  const notes: string[] = []
  const first = system.spawn(puppetSpec([], { name: 'first' }))
  const second = system.spawn(puppetSpec(notes, { name: 'second' }))
  first.tell({ type: 'crash' })
  second.tell(note('well'))
  clock.advance(10)
  t.same(notes, ['started', 'well'])
})

t.test('a crash in the started signal, or in the start, is a crash like any other', async (t) => {
  const { system, clock, failures } = actorsOf()
  const notes: string[] = []
  let lives = 0
  const actor = system.spawn<Puppet>({
    name: 'a',
    restart: 'transient',
    start: () => {
      lives += 1
      if (lives === 1) throw new Error('no start')
      const signal = (): typeof same => {
        if (lives === 2) throw new Error('no signal')
        return same
      }
      return { ...puppet(notes), [started]: signal }
    },
  })
  actor.tell(note('patient'))
  clock.advance(1_000)
  t.same(failures, ['a: no start', 'a: no signal'])
  t.same(notes, ['patient'])
})

t.test('restart kinds say who is started again after which end', async (t) => {
  for (const [restart, afterStop, afterCrash] of [
    ['permanent', 2, 2],
    ['transient', 1, 2],
    ['temporary', 1, 1],
  ] as const) {
    for (const [type, lives] of [
      ['stop', afterStop],
      ['crash', afterCrash],
    ] as const) {
      const { system, clock } = actorsOf()
      const notes: string[] = []
      const actor = system.spawn(puppetSpec(notes, { restart }))
      actor.tell({ type })
      clock.advance(1_000)
      t.equal(notes.length, lives, `${restart} after ${type}`)
    }
  }
})

t.test(
  'a crash loop ends at the intensity: the supervisor fails over it, and all begins anew',
  async (t) => {
    const crashing: Behavior<Puppet> = {
      ...puppet([]),
      [started]: () => {
        throw new Error('never well')
      },
    }
    const spec: ChildSpec<Puppet> = {
      name: 'child',
      restart: 'permanent',
      start: () => crashing,
      intensity: 2,
      backoffMinMs: 10,
    }
    const { clock, failures, notes } = familyOf(spec, { intensity: 1, backoffMinMs: 1_000 })
    clock.advance(500)
    t.same(failures, [
      ...Array<string>(3).fill('parent/child: never well'),
      'parent: Cannot start "parent/child" again: it ended more than 2 times in 60000 ms',
    ])
    t.same(notes, ['parent started'])
    clock.advance(1_000)
    t.same(
      notes,
      ['parent started', 'parent started'],
      'the parent is started again by its own rules',
    )
    clock.advance(600)
    t.equal(failures.length, 9, 'twice three and its own; then the root is told')
    t.equal(
      failures.at(-1),
      'parent: Cannot start "parent" again: it ended more than 1 times in 60000 ms',
    )
    clock.advance(9_000)
    t.equal(notes.length, 2)
    clock.advance(1_000)
    t.equal(notes.length, 3, 'the last resort: again after ten seconds')
  },
)

t.test('a child that only itself is to suffer from is given up at the intensity', async (t) => {
  const spec = puppetSpec([], { restart: 'permanent', intensity: 1, exhausted: 'stop' })
  const { child, clock, notes, settle } = familyOf(spec)
  for (let count = 0; count < 2; count++) {
    child()?.tell({ type: 'crash' })
    clock.advance(1_000)
  }
  settle()
  t.equal(child()?.tell(note('x')), false)
  t.same(notes, ['parent started'])
})

t.test('failures that are far enough apart go on for ever', async (t) => {
  const { system, clock } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes, { intensity: 1, periodMs: 1_000 }))
  for (let count = 0; count < 50; count++) {
    actor.tell({ type: 'crash' })
    clock.advance(1_100)
  }
  t.equal(notes.length, 51)
})

t.test('children end before their supervisor starts again', async (t) => {
  const order: string[] = []
  const spec: ChildSpec<Puppet> = {
    name: 'child',
    restart: 'permanent',
    start: () => ({
      ...puppet(order),
      [started]: (context) => {
        order.push('child starts')
        context.onEnd(() => void order.push('child has ended'))
        return same
      },
    }),
  }
  const { parent, clock, child } = familyOf(spec)
  const first = child()
  parent.tell({ type: 'crash' })
  clock.advance(1_000)
  t.same(order, ['child starts', 'child has ended', 'child starts'])
  t.equal(first?.tell(note('x')), false)
  t.equal(child()?.tell(note('y')), true)
})

t.test('a child that pauses when its supervisor ends is not started again', async (t) => {
  const notes: string[] = []
  const { parent, child, settle, clock } = familyOf(puppetSpec(notes))
  child()?.tell({ type: 'crash' })
  settle()
  parent.tell({ type: 'stop' })
  clock.advance(60_000)
  t.same(notes, ['started'])
})

t.test('stop() of a child is for good, whatever its restart kind', async (t) => {
  for (const restart of ['permanent', 'transient', 'temporary'] as const) {
    const notes: string[] = []
    const { parent, child, clock } = familyOf(puppetSpec(notes, { restart }))
    const ref = child()
    if (!ref) return t.fail('there is a child')
    parent.tell(act((context) => context.stop(ref)))
    parent.tell(act((context) => context.stop(ref)))
    clock.advance(60_000)
    t.same([notes, ref.tell(note('x'))], [['started'], false], restart)
  }
  return undefined
})

t.test(
  'a child with a handler for stopping may go on until it says stop, but not for ever',
  async (t) => {
    const order: string[] = []
    const lingering: Behavior<Puppet> = {
      ...puppet(order),
      [stopping]: () => {
        order.push('stopping')
        return same
      },
    }
    const spec = { name: 'child', restart: 'permanent', start: () => lingering } as const
    for (const [last, lives] of [
      [{ type: 'stop' }, false],
      [note('still here'), true],
    ] as const) {
      order.length = 0
      const { parent, child, clock } = familyOf({ ...spec, shutdownMs: 500 })
      const ref = child()
      if (!ref) return t.fail('there is a child')
      parent.tell(act((context) => context.stop(ref)))
      clock.advance(400)
      t.same(order, ['started', 'stopping'])
      t.equal(ref.tell(last), true)
      clock.advance(50)
      t.equal(ref.tell(note('y')), lives)
      clock.advance(60)
      t.equal(ref.tell(note('z')), false)
    }
    return undefined
  },
)

t.test('the patience with an actor ends with it, though its children linger', async (t) => {
  const lingering: Behavior<Puppet> = { ...puppet([]), [stopping]: () => same }
  const spec = { name: 'child', restart: 'permanent', start: () => lingering } as const
  const { system, child, clock } = familyOf({ ...spec, shutdownMs: 500 }, { shutdownMs: 100 })
  let stopped = false
  system.stop(() => void (stopped = true))
  clock.advance(499)
  t.same([stopped, child()?.tell(note('x'))], [false, true])
  clock.advance(1)
  t.same([stopped, child()?.tell(note('x'))], [true, false])
})

t.test('a child that fails while it is to stop is not started again', async (t) => {
  const lives: string[] = []
  const spec: ChildSpec<Puppet> = {
    name: 'child',
    restart: 'permanent',
    start: () => ({
      ...puppet(lives),
      [stopping]: () => {
        throw new Error('no')
      },
    }),
  }
  const { parent, child, clock } = familyOf(spec)
  const ref = child()
  if (!ref) return t.fail('there is a child')
  parent.tell(act((context) => context.stop(ref)))
  clock.advance(10_000)
  t.equal(ref.tell(note('x')), false)
  return undefined
})

t.test('onEnd() runs at every end, newest first, all of them even if one fails', async (t) => {
  const { system, clock, failures } = actorsOf()
  const order: string[] = []
  const actor = system.spawn(puppetSpec([]))
  const subscribe = act((context) => {
    context.onEnd(() => void order.push('first'))
    context.onEnd(() => {
      throw new Error('not this one')
    })
    context.onEnd(() => void order.push('third'))
  })
  actor.tell(subscribe)
  actor.tell({ type: 'crash' })
  clock.advance(1_000)
  t.same(order, ['third', 'first'])
  actor.tell({ type: 'stop' })
  clock.advance(1_000)
  t.same(order, ['third', 'first'], 'those of the first life are not done again')
  t.same(failures, ['puppet: it crashes', 'puppet: not this one'])
})

t.test('a context that is kept beyond its life refuses', async (t) => {
  const { system, clock, settle } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  let kept: (() => unknown) | undefined
  actor.tell(
    act((context) => {
      kept = () => context.spawn(puppetSpec([], { name: 'orphan' }))
    }),
  )
  actor.tell({ type: 'crash' })
  clock.advance(1_000)
  t.throws(() => kept?.(), /not used after the end of its life/)
  settle()
})

t.test('the system stops all, with patience, and says when it has', async (t) => {
  const { system, clock, settle } = actorsOf()
  const lingering: Behavior<Puppet> = { ...puppet([]), [stopping]: () => same }
  const spec = { name: 'lingers', restart: 'permanent', start: () => lingering } as const
  const actor = system.spawn<Puppet>({ ...spec, shutdownMs: 2_000 })
  system.spawn(puppetSpec([]))
  settle()
  let stopped = false
  system.stop(() => void (stopped = true))
  clock.advance(1_999)
  t.equal(stopped, false)
  t.equal(actor.tell(note('x')), true)
  clock.advance(2)
  t.equal(stopped, true)
  t.same([...system.metrics()], [])
  t.throws(() => system.spawn(puppetSpec([])), /nothing is started in a system that stops/)
  const empty = actorsOf().system
  stopped = false
  empty.stop(() => void (stopped = true))
  t.equal(stopped, true, 'at once where there is nobody')
})

t.test('the newest child is asked to stop first', async (t) => {
  const order: string[] = []
  const { system, settle } = actorsOf()
  for (const name of ['a', 'b', 'c']) {
    const noting: Behavior<Puppet> = {
      ...puppet([]),
      [stopping]: () => {
        order.push(name)
        return stop
      },
    }
    system.spawn<Puppet>({ name, restart: 'permanent', start: () => noting })
  }
  settle()
  system.stop(() => undefined)
  settle()
  t.same(order, ['c', 'b', 'a'])
})

t.test('stop() of an actor that is no child does nothing', async (t) => {
  const notes: string[] = []
  const { system, parent, child, settle } = familyOf(puppetSpec(notes, { name: 'child' }))
  const stranger = system.spawn(puppetSpec([], { name: 'child' }))
  parent.tell(act((context) => context.stop(stranger)))
  settle()
  t.same([stranger.tell(note('x')), child()?.tell(note('y'))], [true, true])
})

t.test('an actor that is stopped before its first turn never starts', async (t) => {
  const { system, settle, dead } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  actor.tell(note('x'))
  system.stop(() => undefined)
  settle()
  t.same([notes, dead()], [[], ['note stopped']])
})
