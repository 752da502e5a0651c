import type { Given, Option } from '../command.ts'
import { parseDuration, parseMoment } from '../duration.ts'
import { Ending, EXIT } from '../exit.ts'
import type { SpecMessage } from '../messages.ts'

/** Flags of `gaia run` that say when a task may run, and what becomes of it when that goes wrong. */
export const CONDITIONS: readonly Option[] = [
  {
    group: 'When it runs',
    flags: '--after <id>',
    summary: 'a task that must complete first',
    many: true,
  },
  {
    group: 'When it runs',
    flags: '--not-before <when>',
    summary: 'in so long, as 10m, or at a moment, as 2026-12-24T18:00',
  },
  {
    group: 'When it runs',
    flags: '--expires <when>',
    summary: 'not at all, if it does not run by then',
  },
  {
    group: 'When it runs',
    flags: '--concurrency <key=n>',
    summary: 'beside fewer than n tasks of its project with this key',
  },
  {
    group: 'How long, how often',
    flags: '--timeout <time>',
    summary: 'end it after so long, as 90s, 10m or 2h (default: 2h)',
  },
  {
    group: 'How long, how often',
    flags: '--start-within <time>',
    summary: 'give it up if it waits longer for a slot (default: 24h)',
  },
  {
    group: 'How long, how often',
    flags: '--total <time>',
    summary: 'from its submission to its end, retries and all (default: 7d)',
  },
  {
    group: 'How long, how often',
    flags: '--retries <n>',
    summary: 'try again after a failure, a non-zero exit included',
  },
  {
    group: 'How long, how often',
    flags: '--on-lost <what>',
    summary: 'when its node is lost: retry, or ask a person (default: retry)',
  },
  {
    group: 'Not twice',
    flags: '--unique <key>',
    summary: 'not if a live task of its project has this key',
  },
  {
    group: 'Not twice',
    flags: '--conflict <what>',
    summary: 'if one has it: ignore, attach, replace (default: ignore)',
  },
  {
    group: 'Not twice',
    flags: '--window <time>',
    summary: 'completed, it keeps the key so long after its submission',
  },
  {
    group: 'Not twice',
    flags: '--key <key>',
    summary: 'idempotency key: the same key is the same task',
  },
]

/** Throws an `Ending` that says what is wrong with a flag. */
export function conditionsOf(given: Given, wallMs: number): SpecMessage {
  const notBefore = given.text('notBefore')
  const expires = given.text('expires')
  const onLost = given.choice('onLost', ['retry', 'ask'])
  return {
    after: given.list('after'),
    ...(notBefore !== undefined && { notBeforeMs: parseMoment(notBefore, wallMs) }),
    ...(expires !== undefined && { expiresMs: parseMoment(expires, wallMs) }),
    ...(onLost !== undefined && { onLost }),
    ...timeoutsOf(given),
    ...retryOf(given),
    ...concurrencyOf(given),
    ...uniqueOf(given),
  }
}

function timeoutsOf(given: Given): Pick<SpecMessage, 'timeouts'> {
  const spans = Object.entries(TIMEOUTS).flatMap(([field, flag]) => {
    const text = given.text(flag)
    return text === undefined ? [] : [[field, parseDuration(text)] as const]
  })
  return spans.length === 0 ? {} : { timeouts: Object.fromEntries(spans) }
}

const TIMEOUTS = {
  scheduleToStartMs: 'startWithin',
  startToCloseMs: 'timeout',
  totalMs: 'total',
} as const

/** Who waits for a command wants to see it die; who leaves it to the fleet wants it done. */
function retryOf(given: Given): Pick<SpecMessage, 'retry'> {
  const retries = given.count('retries', 0, 100)
  if (retries === undefined && given.flag('detach')) return {}
  return { retry: { max: retries ?? 0, onExit: (retries ?? 0) > 0 } }
}

function concurrencyOf(given: Given): Pick<SpecMessage, 'concurrency'> {
  const text = given.text('concurrency')
  if (text === undefined) return {}
  const [, key, max] = /^(.+)=(\d{1,5})$/.exec(text) ?? []
  if (key !== undefined) return { concurrency: { key, max: Number(max) } }
  throw new Ending(EXIT.usage, `Cannot use --concurrency ${text}: write KEY=N, as database=2`)
}

const CONFLICTS = ['ignore', 'attach', 'replace'] as const

function uniqueOf(given: Given): Pick<SpecMessage, 'unique'> {
  const key = given.text('unique')
  const onConflict = given.choice('conflict', CONFLICTS)
  const window = given.text('window')
  if (key === undefined && (onConflict !== undefined || window !== undefined)) {
    throw new Ending(EXIT.usage, 'Cannot use --conflict and --window without --unique KEY')
  }
  if (key === undefined) return {}
  return {
    unique: {
      key,
      ...(onConflict !== undefined && { onConflict }),
      ...(window !== undefined && { windowMs: parseDuration(window) }),
    },
  }
}
