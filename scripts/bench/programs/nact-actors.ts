/** What the figures `tell` and `ask` measure, as it is written with nact. Answers a rate a second. */
import { createRequire } from 'node:module'
import { answer, optionsOf } from './program.ts'

export interface NactLoad {
  /** A file in the folder that has it, as `Peers.npm` gives it. */
  readonly from: string
  readonly what: 'tell' | 'ask'
  /** Of `tell`: how many senders, each with a receiver of its own. */
  readonly pairs: number
  readonly total: number
}

interface Ref {
  readonly path: object
}
type Act = (message: { readonly number: number; readonly sender: Ref }, context: unknown) => void

/** As much of nact as is measured. */
interface Nact {
  start(): Ref
  spawnStateless(parent: Ref, act: Act, name: string): Ref
  dispatch(to: Ref, message: object): void
  query(to: Ref, message: (sender: Ref) => object, timeoutMs: number): Promise<unknown>
}

const { from, what, pairs, total } = optionsOf<NactLoad>()
const { start, spawnStateless, dispatch, query } = createRequire(from)('nact') as Nact
const system = start()

/** All is sent at once: its mailboxes have no bound. */
function tell(): Promise<void[]> {
  const each = Math.floor(total / pairs)
  const counted = (pair: number): Promise<void> =>
    new Promise((resolve) => {
      let count = 0
      const receiver = spawnStateless(
        system,
        () => {
          count += 1
          if (count === each) resolve()
        },
        `receiver-${pair}`,
      )
      const sender = spawnStateless(
        system,
        () => {
          for (let number = 0; number < each; number++) dispatch(receiver, { number })
        },
        `sender-${pair}`,
      )
      dispatch(sender, {})
    })
  return Promise.all(Array.from({ length: pairs }, (_, pair) => counted(pair)))
}

async function ask(): Promise<void> {
  const answerer = spawnStateless(
    system,
    ({ sender }) => dispatch(sender, { answer: 1 }),
    'answerer',
  )
  for (let count = 0; count < total; count++) {
    await query(answerer, (sender) => ({ sender }), 5_000)
  }
}

const startedMs = performance.now()
await (what === 'tell' ? tell() : ask())
answer(total / ((performance.now() - startedMs) / 1_000))
