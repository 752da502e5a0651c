import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** What every snippet below begins with. */
const PREAMBLE = `
import { ActorSystem } from '../../../runtime/actor/actor-system.ts'
import type { ActorRef } from '../../../runtime/actor/actor-ref.ts'
import { type Behavior, reply, same, stop } from '../../../runtime/actor/behavior.ts'
import type { Context } from '../../../runtime/actor/context.ts'
type Door =
  | { readonly type: 'open'; readonly replyTo: ActorRef<'opened' | 'locked'> }
  | { readonly type: 'close' | 'slam'; readonly loud: boolean }
declare const system: ActorSystem
declare const door: ActorRef<Door>
declare const context: Context<Door>
export const used = [reply, same, stop, system, door, context]
export type Used = Behavior<Door>
`

/** What must compile, and what must not: with the words of the error that says why. */
const SNIPPETS: readonly (readonly [name: string, error: RegExp | undefined, code: string])[] = [
  [
    'a table with a handler for each type',
    undefined,
    `export const behavior: Behavior<Door> = {
      open: (message) => reply(message, 'opened'),
      close: ({ loud }) => (loud ? stop : same),
      slam: () => same,
    }`,
  ],
  [
    'a dropped type',
    /Property 'slam' is missing/,
    `export const behavior: Behavior<Door> = {
      open: (message) => reply(message, 'opened'),
      close: () => same,
    }`,
  ],
  [
    'an asynchronous handler',
    /'Promise<.*>' is not assignable to type 'Next<Door>'/,
    `export const behavior: Behavior<Door> = {
      open: (message) => reply(message, 'opened'),
      close: async () => same,
      slam: () => same,
    }`,
  ],
  [
    'a handler that says nothing of what comes next',
    /'void' is not assignable to type/,
    `export const behavior: Behavior<Door> = {
      open: (message) => reply(message, 'opened'),
      close: () => {},
      slam: () => same,
    }`,
  ],
  [
    'a handler of a type that there is not',
    /'knock' does not exist/,
    `export const behavior: Behavior<Door> = {
      open: (message) => reply(message, 'opened'),
      close: () => same,
      slam: () => same,
      knock: () => same,
    }`,
  ],
  [
    'an answer that the message does not allow',
    /'"broken"' is not assignable/,
    `export const behavior: Behavior<Door> = {
      open: (message) => reply(message, 'broken'),
      close: () => same,
      slam: () => same,
    }`,
  ],
  ['a message that the actor takes', undefined, `door.tell({ type: 'close', loud: true })`],
  ['a message that it does not take', /'"lock"' is not assignable/, `door.tell({ type: 'lock' })`],
  ['a message without what belongs to it', /'loud' is missing/, `door.tell({ type: 'close' })`],
  [
    'a ref for fewer messages than the actor takes',
    undefined,
    `export const closer: ActorRef<{ readonly type: 'close'; readonly loud: boolean }> = door`,
  ],
  [
    'a ref for more messages than the actor takes',
    /is not assignable to type/,
    `export const more: ActorRef<Door | { readonly type: 'knock' }> = door`,
  ],
  [
    'an answer as its question promises it',
    undefined,
    `export const answer: Promise<'opened' | 'locked'> =
      system.ask(door, (replyTo) => ({ type: 'open', replyTo }), 0)`,
  ],
  [
    'an answer as something else',
    /is not assignable to type/,
    `export const answer: Promise<'opened'> =
      system.ask(door, (replyTo) => ({ type: 'open', replyTo }), 0)`,
  ],
  [
    'a promise whose result is no message of the actor',
    /is not assignable to type/,
    `context.pipe(Promise.resolve(1), (result) => ({ type: 'got', result }))`,
  ],
  [
    'a control lane of a type that there is not',
    /'"knock"' is not assignable/,
    `declare const behavior: Behavior<Door>
    system.spawn({ name: 'a', restart: 'permanent', start: () => behavior, mailbox: { control: ['knock'] } })`,
  ],
  [
    'a spec whose messages are inferred from its behavior',
    undefined,
    `declare const behavior: Behavior<Door>
    system
      .spawn({ name: 'a', restart: 'permanent', start: () => behavior, mailbox: { control: ['slam'] } })
      .tell({ type: 'slam', loud: false })`,
  ],
]

/** The errors of each snippet, compiled together with the repository's own options. */
function errorsOf(snippets: readonly string[]): string[] {
  const path = (at: number): string => join(import.meta.dirname, `snippet-${at}.ts`)
  const texts = new Map(snippets.map((snippet, at) => [path(at), PREAMBLE + snippet]))
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile) as {
    readonly config: object
  }
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, files: [], include: [] },
    ts.sys,
    ROOT,
  )
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (file) => texts.has(file) || fileExists.call(host, file)
  host.getSourceFile = (file, version) => {
    const text = texts.get(file)
    if (text !== undefined) return ts.createSourceFile(file, text, version)
    return getSourceFile.call(host, file, version)
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  return [...texts.keys()].map((file) => {
    const diagnostics = ts.getPreEmitDiagnostics(program, program.getSourceFile(file))
    return diagnostics
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
      .join('\n')
  })
}

t.test('the compiler refuses what an actor would not understand', async (t) => {
  const errors = errorsOf(SNIPPETS.map(([, , code]) => code))
  for (const [at, [name, expected]] of SNIPPETS.entries()) {
    if (expected) t.match(errors[at], expected, name)
    else t.equal(errors[at], '', name)
  }
})
