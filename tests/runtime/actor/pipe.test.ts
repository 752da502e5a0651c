import t from 'tap'
import { act, actorsOf, note, puppetSpec, type Puppet } from './actors-of.ts'

/** Lets promises settle that need no time. */
async function settled(): Promise<void> {
  for (let count = 0; count < 5; count++) await Promise.resolve()
}

function told(result: string | Error): Puppet {
  return note(result instanceof Error ? `failed: ${result.message}` : result)
}

t.test('the result of a promise, or its error, comes back as a message', async (t) => {
  const { system, settle } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  actor.tell(
    act((context) => {
      context.pipe(Promise.resolve('done'), told)
      context.pipe(Promise.reject(new Error('no')), told)
      context.pipe(Promise.reject('a text'), told)
    }),
  )
  settle()
  t.same(notes, ['started'])
  await settled()
  settle()
  t.same(notes, ['started', 'done', 'failed: no', 'failed: a text'])
})

t.test('a result has a place however full the mailbox is', async (t) => {
  const { system, settle } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes, { mailbox: { messagesMax: 1 } }))
  actor.tell(act((context) => context.pipe(Promise.resolve('done'), told)))
  settle()
  actor.tell(note('full'))
  await settled()
  t.equal(actor.tell(note('refused')), false)
  settle()
  t.same(notes, ['started', 'full', 'done'])
})

t.test('a result that comes after the end of its life is a dead letter', async (t) => {
  for (const end of ['stop', 'crash'] as const) {
    const { system, clock, settle, dead } = actorsOf()
    const notes: string[] = []
    const actor = system.spawn(puppetSpec(notes))
    actor.tell(act((context) => context.pipe(Promise.resolve('done'), told)))
    actor.tell({ type: end })
    settle()
    await settled()
    clock.advance(1_000)
    t.notOk(notes.includes('done'), end)
    t.same(dead(), ['answer late'])
  }
})

t.test('a result that waits over a restart is a dead letter', async (t) => {
  const { system, clock, settle, dead } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  let answer: ((what: string) => void) | undefined
  actor.tell(
    act((context) => {
      answer = context.adapt(note)
    }),
  )
  settle()
  actor.tell({ type: 'crash' })
  answer?.('behind the crash')
  clock.advance(1_000)
  t.same(notes, ['started', 'started'])
  t.same(dead(), ['answer late'])
})

t.test(
  'adapt() tells the actor as often as it is called, in order and never refused',
  async (t) => {
    const { system, settle } = actorsOf()
    const notes: string[] = []
    const actor = system.spawn(puppetSpec(notes, { mailbox: { messagesMax: 1 } }))
    let hear: ((what: string) => void) | undefined
    actor.tell(
      act((context) => {
        hear = context.adapt(note)
      }),
    )
    settle()
    for (const what of ['a', 'b', 'c']) hear?.(what)
    t.same(notes, ['started'], 'nothing runs within the call')
    settle()
    t.same(notes, ['started', 'a', 'b', 'c'])
  },
)

t.test('what makes the message runs as the actor: its failure is the actor’s', async (t) => {
  const { system, settle, failures } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  const fail = (): Puppet => {
    throw new Error('not this')
  }
  actor.tell(act((context) => context.pipe(Promise.resolve('x'), fail)))
  settle()
  await settled()
  t.same(failures, [])
  settle()
  t.same(failures, ['puppet: not this'])
})

t.test('more promises than an actor may wait for are a bug of it', async (t) => {
  const { system, settle, failures } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  const never = new Promise<string>(() => undefined)
  const pipe = (count: number): Puppet =>
    act((context) => {
      for (let at = 0; at < count; at++) context.pipe(never, told)
    })
  actor.tell(pipe(1_024))
  settle()
  t.same(failures, [])
  actor.tell(pipe(1))
  settle()
  t.same(failures, ['puppet: an actor waits for no more promises than it may'])
})

t.test('a promise that is settled is not counted any more', async (t) => {
  const { system, settle, failures } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  for (let round = 0; round < 3; round++) {
    const many = act((context) => {
      for (let at = 0; at < 1_000; at++) context.pipe(Promise.resolve('x'), told)
    })
    actor.tell(many)
    settle()
    await settled()
    settle()
  }
  t.same(failures, [])
  t.equal(notes.length, 3_001)
})
