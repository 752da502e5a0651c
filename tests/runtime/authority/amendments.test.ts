import t from 'tap'
import { Amendments, type Amendment } from '../../../runtime/authority/amendments.ts'
import type { Authority, Verdict } from '../../../runtime/authority/authority.ts'
import type { Topology } from '../../../runtime/authority/topology.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { seededRandom } from '../../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { FIRST } from '../../contracts/authority.contract.ts'

/** A register whose answers a test gives. */
class Register implements Authority {
  decided: Topology = FIRST
  readonly asked: { readonly next: Topology; readonly answer: (verdict: Verdict) => void }[] = []
  unreadable = false
  reads = 0

  read(answer: (topology: Topology | RuntimeError) => void): void {
    this.reads += 1
    if (this.unreadable) answer(new RuntimeError('UNAVAILABLE', 'Cannot read the topology'))
    else answer(this.decided)
  }

  compareAndSet(_expected: number, next: Topology, answer: (verdict: Verdict) => void): void {
    this.asked.push({ next, answer })
  }

  watch(): void {}

  answer(verdict: Verdict): Topology | undefined {
    const asked = this.asked.shift()
    if (verdict === 'decided' && asked) this.decided = asked.next
    asked?.answer(verdict)
    return asked?.next
  }
}

function amendmentsOf() {
  const register = new Register()
  const clock = new VirtualClock()
  const { amend } = new Amendments({ authority: register, clock, random: seededRandom(1) })
  return { register, clock, amend }
}

/** Adds a voter, once. */
function voter(name: string): Amendment {
  return (topology) => {
    const voters = topology.voters as readonly string[]
    if (voters.includes(name)) return topology
    return { ...topology, voters: [...voters, name] as unknown as Topology['voters'] }
  }
}

t.test('all wishes of one turn go into one compare-and-set', async (t) => {
  const { register, clock, amend } = amendmentsOf()
  amend(voter('b'))
  amend(voter('c'))
  clock.advance(1)
  t.equal(register.asked.length, 1)
  t.match(register.answer('decided'), { revision: 2, voters: ['01STORE', 'b', 'c'] })
  clock.advance(1_000)
  t.equal(register.asked.length, 0)
})

t.test('there is at most one in flight; what is wished meanwhile follows', async (t) => {
  const { register, clock, amend } = amendmentsOf()
  amend(voter('b'))
  clock.advance(1)
  amend(voter('c'))
  clock.advance(1_000)
  t.equal(register.asked.length, 1)
  register.answer('decided')
  clock.advance(1)
  t.match(register.answer('decided'), { revision: 3, voters: ['01STORE', 'b', 'c'] })
})

t.test('who is overtaken starts from the newest document', async (t) => {
  const { register, clock, amend } = amendmentsOf()
  amend(voter('b'))
  clock.advance(1)
  register.decided = { ...FIRST, revision: 9, level: 4 }
  register.answer('overtaken')
  t.equal(register.asked.length, 0, 'not at once')
  clock.advance(60)
  t.match(register.answer('decided'), { revision: 10, level: 4, voters: ['01STORE', 'b'] })
})

t.test('what may have been decided is looked at again, and not wished twice', async (t) => {
  const { register, clock, amend } = amendmentsOf()
  amend(voter('b'))
  clock.advance(1)
  register.decided = register.asked[0]?.next ?? FIRST
  register.answer('unknown')
  clock.advance(1_000)
  t.equal(register.asked.length, 0)
  t.equal(register.reads, 2)
})

t.test('a register that cannot be read is asked again', async (t) => {
  const { register, clock, amend } = amendmentsOf()
  register.unreadable = true
  amend(voter('b'))
  clock.advance(500)
  t.ok(register.reads >= 8 && register.reads <= 25, `${register.reads} times in 500 ms`)
  register.unreadable = false
  clock.advance(60)
  t.match(register.answer('decided'), { revision: 2 })
})

t.test('a wish for what is so already asks for nothing', async (t) => {
  const { register, clock, amend } = amendmentsOf()
  amend((topology) => topology)
  clock.advance(100)
  t.equal(register.asked.length, 0)
  amend(voter('b'))
  clock.advance(1)
  t.equal(register.asked.length, 1, 'and the next is heard')
})
