import t from 'tap'
import type { Principal } from '../../../actors/doors/principal.ts'
import {
  ABSOLUTE_MS,
  IDLE_MS,
  LINK_MS,
  Sessions,
  type SessionRecord,
} from '../../../console/sign-in/sessions.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { seededRandom } from '../../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { digest } from '../console-of.ts'

const ANNA: Principal = { name: 'anna', role: 'operator', tokenId: 'a' }

function sessionsOf() {
  const clock = new VirtualClock()
  const gone = new Set<string>()
  const sessions = new Sessions({
    ...{ clock, digest, random: seededRandom(3) },
    stands: ({ tokenId = '' }) => !gone.has(tokenId),
  })
  const codeOf = (code: string, remote = '1.1.1.1'): string => {
    try {
      sessions.signIn(code, remote)
      return 'signed in'
    } catch (failure) {
      return failure instanceof RuntimeError ? failure.code : String(failure)
    }
  }
  return { clock, gone, sessions, codeOf }
}

t.test('a link signs in once, as whoever made it', async (t) => {
  const { clock, sessions, codeOf } = sessionsOf()
  const { code, expiresMs } = sessions.link(ANNA)
  t.equal(expiresMs, clock.wallMs() + LINK_MS)
  const signedIn = sessions.signIn(code, '1.1.1.1')
  t.match(signedIn, { name: 'anna', role: 'operator', expiresMs: clock.wallMs() + ABSOLUTE_MS })
  t.match(signedIn.key, /^console_[0-9a-f]{64}$/)
  t.same(sessions.find(signedIn.key), ANNA)
  t.equal(codeOf(code), 'UNAUTHENTICATED', 'a second time')
})

/** A node that starts again: another life of the same sessions, on a clock that began anew. */
function restarted(kept: Map<string, SessionRecord>, afterMs: number) {
  const clock = new VirtualClock()
  clock.advance(afterMs)
  const sessions = new Sessions({
    ...{ clock, digest, random: seededRandom(4), stands: () => true },
    kept: {
      all: () => [...kept.values()],
      put: (record) => kept.set(record.id, record),
      remove: (id) => kept.delete(id),
    },
  })
  return { clock, sessions }
}

t.test('a session outlives a restart, for no longer than it would have lasted', async (t) => {
  const kept = new Map<string, SessionRecord>()
  const first = restarted(kept, 0)
  const [stays, left] = [1, 2].map(
    () => first.sessions.signIn(first.sessions.link(ANNA).code, '1.1.1.1').key,
  )
  t.notMatch(JSON.stringify([...kept]), stays, 'of the key only the hash is kept')
  first.sessions.signOut(left ?? '')

  const second = restarted(kept, ABSOLUTE_MS - 1)
  t.same(second.sessions.find(stays ?? ''), ANNA)
  t.equal(second.sessions.find(left ?? ''), undefined, 'who signed out stays signed out')
  second.clock.advance(1)
  t.equal(second.sessions.find(stays ?? ''), undefined)
  t.equal(kept.size, 0)
})

t.test('a session that is over is not revived, and no longer kept', async (t) => {
  const kept = new Map<string, SessionRecord>()
  const first = restarted(kept, 0)
  const { key } = first.sessions.signIn(first.sessions.link(ANNA).code, '1.1.1.1')
  const second = restarted(kept, ABSOLUTE_MS)
  t.equal(second.sessions.find(key), undefined)
  t.equal(kept.size, 0)
})

t.test('a link works for a minute', async (t) => {
  const { clock, sessions, codeOf } = sessionsOf()
  const [young, old] = [sessions.link(ANNA), sessions.link(ANNA)]
  clock.advance(LINK_MS - 1)
  t.equal(codeOf(young.code), 'signed in')
  clock.advance(1)
  t.equal(codeOf(old.code), 'UNAUTHENTICATED')
})

t.test('a link of somebody who may no longer is none', async (t) => {
  const { sessions, gone, codeOf } = sessionsOf()
  const { code } = sessions.link(ANNA)
  gone.add('a')
  t.equal(codeOf(code), 'UNAUTHENTICATED')
})

t.test(
  'a guess uses up the tries of its link only, and without a link those of nobody',
  async (t) => {
    const { clock, sessions, codeOf } = sessionsOf()
    const [guessed, other] = [sessions.link(ANNA), sessions.link(ANNA)]
    const wrong = `${guessed.code.slice(0, 16)}${'0'.repeat(64)}`
    for (let tries = 0; tries < 5; tries++) t.equal(codeOf(wrong), 'UNAUTHENTICATED')
    t.equal(codeOf(guessed.code), 'UNAUTHENTICATED', 'it is used up')
    const noLink = '1'.repeat(80)
    for (const code of ['', 'x', noLink, noLink, noLink, noLink, noLink]) {
      t.equal(codeOf(code), 'UNAUTHENTICATED')
    }
    for (let tries = 0; tries < 2; tries++) codeOf(noLink)
    t.equal(codeOf(noLink), 'RESOURCE_EXHAUSTED', 'ten at once')
    t.equal(codeOf(noLink, '2.2.2.2'), 'UNAUTHENTICATED', 'from another address')
    t.equal(codeOf(other.code), 'signed in', 'whoever has a link gets in beside them')
    clock.advance(1_000)
    t.equal(codeOf(noLink), 'UNAUTHENTICATED', 'one a second')
    t.equal(codeOf(noLink), 'RESOURCE_EXHAUSTED')
  },
)

t.test(
  'a key ends when it is not used for half an hour, and after twelve in any case',
  async (t) => {
    const { clock, sessions } = sessionsOf()
    const sign = (): string => sessions.signIn(sessions.link(ANNA).code, '1.1.1.1').key
    const idle = sign()
    clock.advance(IDLE_MS - 1)
    t.ok(sessions.find(idle), 'used')
    clock.advance(IDLE_MS - 1)
    t.ok(sessions.whose(idle), 'looked at, which is no use of it')
    clock.advance(1)
    t.equal(sessions.find(idle), undefined)
    const busy = sign()
    for (let ms = 0; ms < ABSOLUTE_MS - 60_000; ms += 60_000) {
      clock.advance(60_000)
      if (!sessions.find(busy)) t.fail(`gone after ${ms} ms`)
    }
    clock.advance(60_000)
    t.equal(sessions.find(busy), undefined)
  },
)

t.test('a key ends when it is signed out, and when its maker may no longer', async (t) => {
  const { sessions, gone } = sessionsOf()
  const sign = (): string => sessions.signIn(sessions.link(ANNA).code, '1.1.1.1').key
  const [one, two] = [sign(), sign()]
  t.ok(sessions.signOut(one))
  t.notOk(sessions.signOut(one), 'it was none any more')
  t.equal(sessions.find(one), undefined)
  t.ok(sessions.find(two))
  gone.add('a')
  t.equal(sessions.find(two), undefined)
  gone.delete('a')
  t.equal(sessions.find(two), undefined, 'and stays ended')
})

t.test('what is no key is nobody', async (t) => {
  const { sessions } = sessionsOf()
  for (const key of ['', 'console_', `console_${'0'.repeat(64)}`, '__proto__']) {
    t.equal(sessions.find(key), undefined, key)
  }
})
