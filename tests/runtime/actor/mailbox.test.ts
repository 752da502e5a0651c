import t from 'tap'
import { same } from '../../../runtime/actor/behavior.ts'
import { MAILBOX_DEFAULTS } from '../../../runtime/actor/child-spec.ts'
import { Mailbox } from '../../../runtime/actor/mailbox/mailbox.ts'
import { act, actorsOf, note, puppetSpec } from './actors-of.ts'

t.test('the control lane goes first, and each lane keeps its order', async (t) => {
  const { system, settle } = actorsOf()
  const notes: string[] = []
  type Lanes = { readonly type: 'slow' | 'urgent'; readonly n: number }
  const actor = system.spawn<Lanes>({
    name: 'a',
    restart: 'temporary',
    mailbox: { control: ['urgent'] },
    start: () => ({
      slow: ({ n }) => (notes.push(`slow ${n}`), same),
      urgent: ({ n }) => (notes.push(`urgent ${n}`), same),
    }),
  })
  for (const n of [1, 2]) {
    actor.tell({ type: 'slow', n })
    actor.tell({ type: 'urgent', n })
  }
  settle()
  t.same(notes, ['urgent 1', 'urgent 2', 'slow 1', 'slow 2'])
})

t.test(
  'a flood of control messages does not keep the ordinary ones waiting for ever',
  async (t) => {
    const mailbox = new Mailbox<string>(MAILBOX_DEFAULTS, undefined)
    mailbox.put('ordinary')
    let taken = 0
    for (let mail: string | undefined; mail !== 'ordinary'; taken++) {
      mailbox.putControl('control')
      mail = mailbox.take()
      if (taken > 1_000) throw new Error('an ordinary message is never taken')
    }
    t.equal(taken, 33)
  },
)

t.test(
  'F23: a full mailbox refuses, says so, counts it, and takes again once there is room',
  async (t) => {
    const { system, settle, metrics, dead } = actorsOf()
    const notes: string[] = []
    const actor = system.spawn(puppetSpec(notes, { mailbox: { messagesMax: 3 } }))
    const said = ['a', 'b', 'c', 'd', 'e'].map((what) => actor.tell(note(what)))
    t.same(said, [true, true, true, false, false])
    settle()
    t.same(notes, ['started', 'a', 'b', 'c'])
    t.equal(metrics('puppet')?.refused, 2)
    t.same(dead(), ['note full', 'note full'])
    t.equal(system.deadLetters.counts.full, 2)
    t.equal(actor.tell(note('f')), true)
  },
)

t.test('the lanes have bounds of their own', async (t) => {
  const mailbox = new Mailbox<string>({ messagesMax: 2, bytesMax: 100, controlMax: 1 }, undefined)
  t.same([mailbox.put('a'), mailbox.put('b'), mailbox.put('c')], [true, true, false])
  t.same([mailbox.putControl('d'), mailbox.putControl('e')], [true, false])
  t.same(
    [mailbox.take(), mailbox.take(), mailbox.take(), mailbox.take()],
    ['d', 'a', 'b', undefined],
  )
})

t.test('where sizes are known, bytes are bounded too', async (t) => {
  const { system, settle } = actorsOf()
  type Text = { readonly type: 'text'; readonly text: string }
  const actor = system.spawn<Text>({
    name: 'a',
    restart: 'temporary',
    mailbox: { bytesMax: 10, bytesOf: ({ text }) => text.length },
    start: () => ({ text: () => same }),
  })
  const tell = (length: number): boolean => actor.tell({ type: 'text', text: 'x'.repeat(length) })
  t.same([tell(6), tell(5), tell(4), tell(1)], [true, false, true, false])
  settle()
  t.same(
    [tell(11), tell(10)],
    [false, true],
    'one that can never fit is refused in an empty mailbox',
  )
  settle()
  t.equal(actor.tell({ type: 'text', text: 'x'.repeat(10) }, 1e9), true, 'with a deadline too')
  t.equal(actor.tell({ type: 'text', text: 'x' }, 1e9), false)
})

t.test(
  'what an actor brings upon itself is never refused, and takes places of others',
  async (t) => {
    const mailbox = new Mailbox<string>({ messagesMax: 2, bytesMax: 100, controlMax: 0 }, undefined)
    mailbox.put('a')
    mailbox.putOwn('timer')
    mailbox.putOwn('result')
    mailbox.putSignal('terminated')
    t.equal(mailbox.put('b'), false)
    t.same([mailbox.take(), mailbox.take()], ['terminated', 'a'])
    t.equal(mailbox.put('b'), false, 'two own messages wait')
    t.same([mailbox.take(), mailbox.put('b')], ['timer', true])
    t.same([mailbox.take(), mailbox.take()], ['result', 'b'])
  },
)

t.test(
  'of a type that replaces itself only the newest waits, in the place of the first',
  async (t) => {
    const { system, settle, metrics } = actorsOf()
    const notes: string[] = []
    type News = { readonly type: 'level' | 'other'; readonly n: number }
    const actor = system.spawn<News>({
      name: 'a',
      restart: 'temporary',
      mailbox: { newest: ['level'], messagesMax: 2 },
      start: () => ({
        level: ({ n }) => (notes.push(`level ${n}`), same),
        other: ({ n }) => (notes.push(`other ${n}`), same),
      }),
    })
    actor.tell({ type: 'level', n: 1 })
    actor.tell({ type: 'other', n: 1 })
    for (let n = 2; n <= 5_000; n++) t.ok(actor.tell({ type: 'level', n }) || 'refused')
    settle()
    t.same(notes, ['level 5000', 'other 1'])
    actor.tell({ type: 'level', n: 7 })
    settle()
    t.same(notes.at(-1), 'level 7', 'once taken, the next waits anew')
    t.equal(metrics('a')?.refused, 0)
  },
)

t.test('the newest of a type is refused like any other once its actor has stopped', async (t) => {
  const { system, settle, dead } = actorsOf()
  const actor = system.spawn(puppetSpec([], { mailbox: { newest: ['note'] } }))
  settle()
  actor.tell({ type: 'stop' })
  actor.tell(note('a'))
  settle()
  t.equal(actor.tell(note('b')), false)
  t.same(dead(), ['note stopped', 'note stopped'])
})

t.test('a stashed message keeps its place in the bounds until it is taken', async (t) => {
  const mailbox = new Mailbox<string>(
    { messagesMax: 2, bytesMax: 5, controlMax: 0 },
    ({ length }) => length,
  )
  t.same([mailbox.put('aaa'), mailbox.put('bb')], [true, true])
  mailbox.stash(mailbox.take() ?? '')
  t.same([mailbox.count, mailbox.stashedCount], [1, 1])
  t.equal(mailbox.put('c'), false)
  t.equal(mailbox.take(), 'bb')
  t.equal(mailbox.put('ccc'), false, 'three of five bytes are stashed')
  t.equal(mailbox.put('cc'), true)
  mailbox.unstash()
  t.same([mailbox.take(), mailbox.take(), mailbox.take()], ['aaa', 'cc', undefined])
})

t.test('what waits when a mailbox closes is given back, and nothing comes in', async (t) => {
  const mailbox = new Mailbox<string>(MAILBOX_DEFAULTS, undefined)
  for (const mail of ['a', 'b', 'c']) mailbox.put(mail)
  mailbox.putControl('d')
  mailbox.stash(mailbox.take() ?? '')
  mailbox.stash(mailbox.take() ?? '')
  t.same([...mailbox.close()], ['d', 'a', 'b', 'c'])
  t.same([mailbox.put('e'), mailbox.putControl('f')], [false, false])
})

t.test('a tell from within a turn waits for its own', async (t) => {
  const { system, settle } = actorsOf()
  const notes: string[] = []
  const other = system.spawn(puppetSpec(notes, { name: 'other' }))
  const actor = system.spawn(puppetSpec([]))
  settle()
  actor.tell(
    act(() => {
      other.tell(note('later'))
      notes.push('first')
    }),
  )
  settle()
  t.same(notes, ['started', 'first', 'later'])
})
