import t from 'tap'
import type { ActorRef } from '../../../runtime/actor/actor-ref.ts'
import { same, terminated, type Behavior } from '../../../runtime/actor/behavior.ts'
import { act, actorsOf, puppet, puppetSpec, type Puppet } from './actors-of.ts'

/** A puppet that notes the ends that it is told of. */
function mourner(notes: string[]): Behavior<Puppet> {
  return {
    ...puppet([]),
    [terminated]: (actor: ActorRef<never>) => {
      notes.push(actor.id)
      return same
    },
  }
}

function watchOf() {
  const actors = actorsOf()
  const notes: string[] = []
  const { system, settle } = actors
  const watched = system.spawn(puppetSpec([]))
  const watcher = system.spawn<Puppet>({
    name: 'watcher',
    restart: 'transient',
    start: () => mourner(notes),
  })
  settle()
  return { ...actors, notes, watched, watcher }
}

t.test('the end of a watched actor is signalled once, also if it was watched twice', async (t) => {
  const { watched, watcher, notes, settle } = watchOf()
  watcher.tell(act((context) => context.watch(watched)))
  watcher.tell(act((context) => context.watch(watched)))
  settle()
  watched.tell({ type: 'stop' })
  settle()
  t.same(notes, ['puppet'])
})

t.test('the end of an actor that stopped before it was watched is signalled too', async (t) => {
  const { watched, watcher, notes, settle } = watchOf()
  watched.tell({ type: 'stop' })
  settle()
  watcher.tell(act((context) => context.watch(watched)))
  settle()
  t.same(notes, ['puppet'])
})

t.test('a restart is no end; giving up is', async (t) => {
  const { system, watched, watcher, notes, clock } = watchOf()
  watcher.tell(act((context) => context.watch(watched)))
  clock.advance(0)
  watched.tell({ type: 'crash' })
  clock.advance(1_000)
  t.same(notes, [])
  const temporary = system.spawn(puppetSpec([], { name: 'temporary', restart: 'temporary' }))
  watcher.tell(act((context) => context.watch(temporary)))
  clock.advance(0)
  temporary.tell({ type: 'crash' })
  clock.advance(0)
  t.same(notes, ['temporary'])
})

t.test('nothing is signalled after unwatch()', async (t) => {
  const { watched, watcher, notes, settle } = watchOf()
  watcher.tell(act((context) => context.watch(watched)))
  settle()
  const unwatch = act((context) => {
    watched.tell({ type: 'stop' })
    context.unwatch(watched)
  })
  watcher.tell(unwatch)
  settle()
  t.same(notes, [])
})

t.test('nothing is signalled after unwatch() even if the end was already told', async (t) => {
  const { system, settle } = actorsOf()
  const notes: string[] = []
  const both = ['a', 'b'].map((name) => system.spawn(puppetSpec([], { name })))
  const watcher = system.spawn<Puppet>({
    name: 'watcher',
    restart: 'transient',
    start: () => ({
      ...puppet([]),
      [terminated]: (actor, context) => {
        notes.push(actor.id)
        for (const other of both) context.unwatch(other)
        return same
      },
    }),
  })
  watcher.tell(act((context) => both.forEach((actor) => context.watch(actor))))
  settle()
  for (const actor of both) actor.tell({ type: 'stop' })
  settle()
  t.same(notes, ['a'])
})

t.test('watches end with the life that made them', async (t) => {
  const { watched, watcher, notes, clock } = watchOf()
  watcher.tell(act((context) => context.watch(watched)))
  watcher.tell({ type: 'crash' })
  clock.advance(0)
  watched.tell({ type: 'stop' })
  clock.advance(1_000)
  t.same(notes, [])
})

t.test('who watches and has no handler for the end fails over it', async (t) => {
  const { system, settle, failures } = actorsOf()
  const watched = system.spawn(puppetSpec([]))
  const careless = system.spawn(puppetSpec([], { name: 'careless', restart: 'temporary' }))
  careless.tell(act((context) => context.watch(watched)))
  watched.tell({ type: 'stop' })
  settle()
  t.same(failures, ['careless: whoever watches says what the end of the watched means'])
})

t.test('only actors can be watched', async (t) => {
  const { system, settle, failures } = actorsOf()
  const actor = system.spawn(puppetSpec([], { restart: 'temporary' }))
  const stranger = { id: actor.id, tell: () => true }
  actor.tell(act((context) => context.watch(stranger)))
  settle()
  t.same(failures, ['puppet: what is watched is an actor'])
})
