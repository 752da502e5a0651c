import {
  CLOSE,
  type Channel,
  type Command,
  type FromNode,
  type FromPage,
  type TasksView,
} from '../../protocol.ts'
import { BACKOFF, backoffMs } from './backoff.ts'
import * as channels from './channels.ts'
import type { OutputFrame } from './frames.ts'
import * as outbox from './outbox.ts'

/**
 * The page's side of the live protocol: what a connection does about each thing that happens.
 *
 * Pure: time and chance come with the input, what is to be done to the world comes back as effects,
 * in the order in which to do it. What was heard is kept through a lost connection and shown as old;
 * subscriptions are asked for anew, streams go on where they were, and commands without an answer
 * are sent again under their key.
 */
export interface Connection {
  readonly key: string
  readonly visible: boolean
  readonly phase: Phase
  /** Connections lost or not had in a row. */
  readonly failures: number
  /** When anything was last heard, by the page's clock. */
  readonly heardMs?: number
  /** The last one heard: of the connection there is, or was. */
  readonly welcome?: Welcome
  /** Of the node that was met first, and is therefore that of the page. */
  readonly version?: string
  /** The page's clock minus the node's. */
  readonly skewMs: number
  readonly channels: channels.Channels
  readonly outbox: outbox.Outbox
}

export type Phase =
  | { readonly type: 'opening'; readonly sinceMs: number }
  | { readonly type: 'live'; readonly sinceMs: number }
  | { readonly type: 'waiting'; readonly untilMs: number }
  /** The key is no longer good: somebody has to sign in. */
  | { readonly type: 'signedOut' }

export type Welcome = Extract<FromNode, { readonly t: 'welcome' }>

export type Input =
  | { readonly type: 'opened' }
  | { readonly type: 'closed'; readonly code: number; readonly chance: number }
  | { readonly type: 'heard'; readonly message: FromNode; readonly chance: number }
  | { readonly type: 'received'; readonly frame: OutputFrame }
  | { readonly type: 'ticked'; readonly chance: number }
  | { readonly type: 'visible'; readonly visible: boolean }
  | {
      readonly type: 'subscribed'
      readonly channel: Channel
      readonly view?: TasksView
      /** For the bytes of an attempt: the first one wanted. */
      readonly from?: number
    }
  | { readonly type: 'unsubscribed'; readonly channel: Channel }
  | { readonly type: 'acked'; readonly channel: Channel; readonly offset: number }
  | { readonly type: 'asked'; readonly idem: string; readonly cmd: Command }

export type Effect =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  | { readonly type: 'send'; readonly message: FromPage }
  | { readonly type: 'settle'; readonly idem: string; readonly answer: outbox.Answer }
  | { readonly type: 'output'; readonly output: channels.Output }

type Step = readonly [Connection, readonly Effect[]]

/** From opening a socket to the node's welcome. */
const OPENING_MS = 10_000
/** A visible page hears of the fleet every 2 s: silence for so long is a lost connection. */
const SILENCE_MS = 10_000
/** A hidden one hears at least the bookmarks; so many may be missing. */
const HEARTBEATS = 3

/** A page that has just opened: its first effect is to connect. */
export function begin(key: string, visible: boolean, nowMs: number): Step {
  const phase = { type: 'opening', sinceMs: nowMs } as const
  const empty = { channels: new Map(), outbox: new Map() }
  return [{ key, visible, phase, failures: 0, skewMs: 0, ...empty }, [{ type: 'connect' }]]
}

export function step(state: Connection, input: Input, nowMs: number): Step {
  switch (input.type) {
    case 'opened':
      return [state, [send({ t: 'hello', v: 1, key: state.key, visible: state.visible })]]
    case 'closed':
      return closed(state, input, nowMs)
    case 'heard':
      return hear({ ...state, heardMs: nowMs }, input, nowMs)
    case 'received':
      return changed({ ...state, heardMs: nowMs }, channels.received(state.channels, input.frame))
    case 'ticked':
      return tick(state, input.chance, nowMs)
    case 'visible':
      return [
        { ...state, visible: input.visible },
        ifLive(state, { t: 'visible', visible: input.visible }),
      ]
    case 'subscribed':
      return subscribe(state, input)
    case 'unsubscribed':
      return unsubscribe(state, input.channel)
    case 'acked':
      return [state, ifLive(state, { t: 'ack', ch: input.channel, offset: input.offset })]
    case 'asked':
      return sendDue(
        { ...state, outbox: outbox.posted(state.outbox, input.idem, input.cmd, nowMs) },
        nowMs,
      )
  }
}

function hear(
  state: Connection,
  { message, chance }: Extract<Input, { readonly type: 'heard' }>,
  nowMs: number,
): Step {
  switch (message.t) {
    case 'welcome':
      return welcomed(state, message, nowMs)
    case 'res':
      return sorted(state, outbox.answered(state.outbox, message.id, message, nowMs))
    case 'bye':
      return message.why === 'auth'
        ? signOut(state)
        : lose(state, { nowMs, waitMs: message.retryMs + backoffMs(state.failures, chance) })
    default:
      return changed(state, channels.heard(state.channels, message))
  }
}

function welcomed(state: Connection, welcome: Welcome, nowMs: number): Step {
  const live = { ...state, welcome, phase: { type: 'live', sinceMs: nowMs } } as const
  const { version = welcome.version } = state
  const skewed = { ...live, version, skewMs: nowMs - welcome.nowMs }
  const [next, effects] = changed(skewed, channels.subscribeAll(skewed.channels))
  const [sent, more] = sendDue(next, nowMs)
  return [sent, [...effects, ...more]]
}

function tick(state: Connection, chance: number, nowMs: number): Step {
  const { phase, failures } = state
  if (phase.type === 'waiting' && nowMs >= phase.untilMs) {
    return [{ ...state, phase: { type: 'opening', sinceMs: nowMs } }, [{ type: 'connect' }]]
  }
  const late = phase.type === 'opening' && nowMs - phase.sinceMs > OPENING_MS
  if (late || silent(state, nowMs)) {
    return lose(state, { nowMs, waitMs: backoffMs(failures, chance) })
  }
  const stable = phase.type === 'live' && nowMs - phase.sinceMs >= BACKOFF.stableMs
  return sendDue(stable && failures > 0 ? { ...state, failures: 0 } : state, nowMs)
}

function silent({ phase, visible, heardMs = 0, welcome }: Connection, nowMs: number): boolean {
  if (phase.type !== 'live') return false
  return (
    nowMs - heardMs > (visible ? SILENCE_MS : HEARTBEATS * (welcome?.heartbeatMs ?? SILENCE_MS))
  )
}

function closed(
  state: Connection,
  { code, chance }: Extract<Input, { readonly type: 'closed' }>,
  nowMs: number,
): Step {
  if (state.phase.type === 'waiting' || state.phase.type === 'signedOut') return [state, []]
  if (code === CLOSE.unauthenticated) return signOut(state)
  return lose(state, { nowMs, waitMs: backoffMs(state.failures, chance) })
}

function lose(state: Connection, { nowMs, waitMs }: { nowMs: number; waitMs: number }): Step {
  const next: Connection = {
    ...state,
    failures: state.failures + 1,
    phase: { type: 'waiting', untilMs: nowMs + waitMs },
    outbox: outbox.lost(state.outbox, nowMs),
  }
  return [next, [{ type: 'disconnect' }]]
}

function signOut(state: Connection): Step {
  return [{ ...state, phase: { type: 'signedOut' } }, [{ type: 'disconnect' }]]
}

function subscribe(
  state: Connection,
  input: Extract<Input, { readonly type: 'subscribed' }>,
): Step {
  const next = channels.subscribed(state.channels, input.channel, input)
  const subscription = next.get(input.channel)
  const message = subscription && channels.subscribe(input.channel, subscription)
  return [{ ...state, channels: next }, message ? ifLive(state, message) : []]
}

function unsubscribe(state: Connection, channel: Channel): Step {
  const next = { ...state, channels: channels.unsubscribed(state.channels, channel) }
  return [next, ifLive(state, { t: 'unsub', ch: channel })]
}

function changed(state: Connection, change: channels.Change): Step {
  const output = change.output.map((each): Effect => ({ type: 'output', output: each }))
  return [{ ...state, channels: change.channels }, [...change.send.map(send), ...output]]
}

function sendDue(state: Connection, nowMs: number): Step {
  if (state.outbox.size === 0) return [state, []]
  return sorted(state, outbox.sendDue(state.outbox, state.phase.type === 'live', nowMs))
}

function sorted(state: Connection, { outbox: next, send: messages, settled }: outbox.Sorted): Step {
  const answers = settled.map((each): Effect => ({ type: 'settle', ...each }))
  return [{ ...state, outbox: next }, [...messages.map(send), ...answers]]
}

function ifLive(state: Connection, message: FromPage): readonly Effect[] {
  return state.phase.type === 'live' ? [send(message)] : []
}

function send(message: FromPage): Effect {
  return { type: 'send', message }
}
