/**
 * A client that wants more than its share: `node flooder.ts ADDRESS SECRET`. Fills four streams of
 * submits to their limits, and opens a hundred watches that it never reads, until it is killed.
 * Says each second what it was answered.
 */
import { bearer, clientOf } from '../../node/admin/door-of.ts'

const STREAMS = 4
const WATCHES = 100
const FRAME = 50
/** As many as the door takes before it stops reading. */
const IN_FLIGHT = 1_024

const [address = '', secret = ''] = process.argv.slice(2)
const token = bearer(secret)
const answers: Record<string, number> = {}

interface Frame {
  readonly replies: readonly { readonly failure: { readonly code: string } | null }[]
}

function flood(stream: number): void {
  const call = clientOf(address).exchange('Submit', token)
  let open = 0
  let count = 0
  const pump = (): void => {
    for (; open + FRAME <= IN_FLIGHT; open += FRAME) {
      const requests = Array.from({ length: FRAME }, () => ({
        request: ++count,
        key: `${stream}-${count}`,
        project: 'flood',
        specs: [{ argv: ['true'] }],
      }))
      call.write({ requests })
    }
  }
  call.on('data', ({ replies }: Frame) => {
    open -= replies.length
    for (const { failure } of replies) note(failure?.code ?? 'OK')
    pump()
  })
  call.on('error', ({ details }: { readonly details: string }) => note(details))
  pump()
}

function watch(): void {
  const call = clientOf(address).stream('WatchTasks', {}, token)
  call.on('error', ({ details }: { readonly details: string }) => note(details))
  call.pause()
}

function note(answer: string): void {
  answers[answer] = (answers[answer] ?? 0) + 1
}

for (let stream = 0; stream < STREAMS; stream++) flood(stream)
for (let count = 0; count < WATCHES; count++) watch()
setInterval(() => process.stdout.write(`${JSON.stringify(answers)}\n`), 1_000)
