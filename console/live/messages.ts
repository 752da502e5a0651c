import { z } from 'zod'
import { state } from '../api/shapes.ts'
import { parseJson } from '../api/json.ts'
import type { Channel, FromPage } from '../protocol.ts'

/** What a page may say, parsed once. */

const KEY_LENGTH_MAX = 200
const offset = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const text = z.string().max(KEY_LENGTH_MAX)
const task = z.string().regex(/^t\d\d-[0-9A-HJKMNP-TV-Z]{26}$/)

const CHANNEL =
  /^(fleet|tasks:[\w.-]{1,40}|task:t\d\d-[0-9A-HJKMNP-TV-Z]{26}|term:t\d\d-[0-9A-HJKMNP-TV-Z]{26}\/[1-9]\d{0,8})$/

const ch = z.custom<Channel>((value) => typeof value === 'string' && CHANNEL.test(value))

const view = z.strictObject({
  project: text.exactOptional(),
  states: z.array(state).max(20).exactOptional(),
  label: text.exactOptional(),
  limit: z.number().int().min(1).max(200),
  cursor: text.exactOptional(),
})

const submit = z.strictObject({
  op: z.literal('submit'),
  spec: z.unknown(),
  project: text.exactOptional(),
})

const act = z.strictObject({
  op: z.enum(['cancel', 'pause', 'resume', 'retry', 'prioritize']),
  task,
  priority: z.number().int().min(0).max(10).exactOptional(),
})

const message = z.discriminatedUnion('t', [
  z.strictObject({
    t: z.literal('hello'),
    v: z.literal(1),
    key: text,
    visible: z.boolean(),
  }),
  z.strictObject({ t: z.literal('visible'), visible: z.boolean() }),
  z.strictObject({
    t: z.literal('sub'),
    ch,
    view: view.exactOptional(),
    from: offset.exactOptional(),
  }),
  z.strictObject({ t: z.literal('unsub'), ch }),
  z.strictObject({ t: z.literal('ack'), ch, offset }),
  z.strictObject({
    t: z.literal('cmd'),
    id: text,
    idem: text.min(1),
    try: z.number().int().min(1),
    cmd: z.discriminatedUnion('op', [submit, act]),
  }),
])

/** `undefined` for what is no message of the protocol. */
export function parseMessage(bytes: Uint8Array): FromPage | undefined {
  try {
    const parsed = message.safeParse(parseJson(bytes))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
