import type { Channel, FromNode, FromPage, TasksView } from '../../protocol.ts'
import type { OutputFrame } from './frames.ts'
import { applyBookmark, applyDelta, windowOf, withPart, type Parts, type Window } from './window.ts'

/**
 * What a page is subscribed to, and what it holds of it: pure, all of it idempotent.
 *
 * A window keeps its rows while it is subscribed anew, so that nothing flickers; a stream keeps the
 * offset that it has reached, so that it goes on there, over any number of connections.
 */
export type Channels = ReadonlyMap<Channel, Subscription>

export type Subscription = WindowSubscription | StreamSubscription

export interface WindowSubscription {
  readonly type: 'window'
  readonly view?: TasksView
  readonly parts: Parts
  /** Absent until the first snapshot is whole. */
  readonly window?: Window
  /** The node says that there is no such thing, or no longer. */
  readonly gone: boolean
}

export interface StreamSubscription {
  readonly type: 'stream'
  /** Of the first byte that was not received. */
  readonly reached: number
  readonly handle?: number
}

/** What a message of the node makes of the channels, and what follows from it. */
export interface Change {
  readonly channels: Channels
  readonly send: readonly FromPage[]
  readonly output: readonly Output[]
}

/** News of a stream; `bytes` begin at `offset`, at or after where the bytes before ended. */
export type Output =
  | { readonly channel: Channel; readonly offset: number; readonly bytes: Uint8Array }
  | {
      readonly channel: Channel
      readonly offset: number
      readonly ended: true
      /** Why there is no more of it, though there may be. */
      readonly failure?: string
    }

export function subscribed(
  channels: Channels,
  channel: Channel,
  asked: { readonly view?: TasksView; readonly from?: number },
): Channels {
  const { view, from } = asked
  if (from !== undefined) return withChannel(channels, channel, { type: 'stream', reached: from })
  const before = channels.get(channel)
  const kept = before?.type === 'window' && before.window
  return withChannel(channels, channel, {
    ...{ type: 'window', parts: new Map(), gone: false },
    ...(view && { view }),
    ...(kept && { window: kept }),
  })
}

export function unsubscribed(channels: Channels, channel: Channel): Channels {
  const rest = new Map(channels)
  rest.delete(channel)
  return rest
}

/** The message that subscribes to it, from where we are. */
export function subscribe(channel: Channel, subscription: Subscription): FromPage {
  if (subscription.type === 'stream') {
    return { t: 'sub', ch: channel, from: subscription.reached }
  }
  const { view } = subscription
  return { t: 'sub', ch: channel, ...(view && { view }) }
}

/** For a new connection: nothing that the old one said of parts and handles holds. */
export function subscribeAll(channels: Channels): Change {
  const anew = new Map<Channel, Subscription>()
  for (const [channel, subscription] of channels) anew.set(channel, renewed(subscription))
  const send = [...anew].map(([channel, subscription]) => subscribe(channel, subscription))
  return { channels: anew, send, output: [] }
}

function renewed(subscription: Subscription): Subscription {
  if (subscription.type === 'window') return { ...subscription, parts: new Map() }
  return { type: 'stream', reached: subscription.reached }
}

/** A message about a channel that we no longer hold changes nothing: it crossed our `unsub`. */
export function heard(
  channels: Channels,
  message: Extract<FromNode, { readonly ch: Channel }>,
): Change {
  const { ch } = message
  const subscription = channels.get(ch)
  if (!subscription) return unchanged(channels)
  if (message.t === 'reset') return reset(channels, ch, message.why === 'gone')
  if (message.t === 'term') {
    return subscription.type === 'stream'
      ? term(channels, subscription, message)
      : unchanged(channels)
  }
  if (subscription.type === 'stream') return unchanged(channels)
  if (message.t === 'snap') return snapped(channels, subscription, message)
  const { window } = subscription
  // Before its first snapshot, or between the parts of one, a delta is of the view before.
  if (!window || subscription.parts.size > 0) return unchanged(channels)
  const next = message.t === 'd' ? applyDelta(window, message) : applyBookmark(window, message)
  if (next === 'gap') return reset(channels, ch, false)
  return unchanged(withChannel(channels, ch, { ...subscription, window: next }))
}

export function received(channels: Channels, frame: OutputFrame): Change {
  for (const [channel, subscription] of channels) {
    if (subscription.type !== 'stream' || subscription.handle !== frame.handle) continue
    const known = Math.max(0, subscription.reached - frame.offset)
    const bytes = frame.bytes.subarray(known)
    const offset = frame.offset + known
    if (bytes.length === 0) return unchanged(channels)
    const moved = { ...subscription, reached: offset + bytes.length }
    return {
      ...unchanged(withChannel(channels, channel, moved)),
      output: [{ channel, offset, bytes }],
    }
  }
  return unchanged(channels)
}

function snapped(
  channels: Channels,
  subscription: WindowSubscription,
  snap: Extract<FromNode, { readonly t: 'snap' }>,
): Change {
  const parts = withPart(subscription.parts, snap)
  const window = windowOf(parts)
  const next = window
    ? { ...subscription, parts: new Map(), window, gone: false }
    : { ...subscription, parts }
  return unchanged(withChannel(channels, snap.ch, next))
}

function term(
  channels: Channels,
  subscription: StreamSubscription,
  { ch, handle, ended, offset, failure }: Extract<FromNode, { readonly t: 'term' }>,
): Change {
  const change = unchanged(withChannel(channels, ch, { ...subscription, handle }))
  if (ended !== true) return change
  const last = failure === undefined ? { ended } : { ended, failure }
  return { ...change, output: [{ channel: ch, offset, ...last }] }
}

function reset(channels: Channels, channel: Channel, gone: boolean): Change {
  const before = channels.get(channel)
  if (!before) return unchanged(channels)
  if (!gone) {
    const anew = renewed(before)
    return {
      ...unchanged(withChannel(channels, channel, anew)),
      send: [subscribe(channel, anew)],
    }
  }
  if (before.type === 'stream') {
    return { ...unchanged(channels), output: [{ channel, offset: before.reached, ended: true }] }
  }
  const { window: _, ...rest } = before
  return unchanged(withChannel(channels, channel, { ...rest, gone: true }))
}

function withChannel(channels: Channels, channel: Channel, subscription: Subscription): Channels {
  return new Map(channels).set(channel, subscription)
}

function unchanged(channels: Channels): Change {
  return { channels, send: [], output: [] }
}
