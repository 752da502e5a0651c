/** Submits tasks at an even pace; each says when it was sent. Before that, tasks that nobody can take. */
import { connect, type Door } from './admin.ts'
import { answer, optionsOf } from './program.ts'
import { type Pace, paced } from './load.ts'

const options = optionsOf<Pace & Door>()
const stream = connect(options).submit()
let asked = 0
let acknowledged = 0
let settled = (): void => {}

stream.on('data', ({ replies }) => {
  for (const { failure } of replies) if (failure) throw new Error(failure.message)
  acknowledged += replies.length
  if (acknowledged === asked) settled()
})

for (let count = 0; count < options.waiting; count++) {
  submit({ argv: ['true'], requires: ['nowhere'] })
}
await all()
await paced(options, (sentMs) => submit({ argv: ['true', `${sentMs ?? ''}`] }))
await all()
answer(asked)

function submit(spec: object): void {
  asked += 1
  stream.write({ requests: [{ request: asked, key: `k${asked}`, specs: [spec] }] })
}

function all(): Promise<void> {
  return new Promise((resolve) => {
    settled = resolve
    if (acknowledged === asked) resolve()
  })
}
