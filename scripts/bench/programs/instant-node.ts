/**
 * A node whose terminals take no time. Says at its end how long after it was sent each task was
 * accepted: it had a slot, and its attempt was on disk.
 */
import { systemFiles } from '../../../node/config/files.ts'
import { loadConfiguration } from '../../../node/config/load.ts'
import { compose } from '../../../node/compose.ts'
import { instantTerminals } from './instant-terminals.ts'
import { nowMs } from './load.ts'
import { answer, optionsOf, say } from './program.ts'

const { data, slots } = optionsOf<{ readonly data: string; readonly slots: number }>()
const doors = ['--console', '--admin'].flatMap((flag) => [flag, '127.0.0.1:0'])
const start = loadConfiguration(['--data', data, '--slots', `${slots}`, ...doors], systemFiles())
if (start.type !== 'node') throw new Error('Cannot start a node: its flags ask for something else')

const tookMs: number[] = []
const terminals = instantTerminals(({ argv: [, sentMs] }) => {
  if (sentMs) tookMs.push(nowMs() - Number(sentMs))
})
const complain = (...what: unknown[]): void =>
  void process.stderr.write(`${what.map(String).join(': ')}\n`)
const node = await compose(
  start.configuration,
  { storeFailed: complain, alarm: complain, note: complain },
  terminals,
)
say(node.addresses)
process.once('SIGTERM', () => {
  void node.stop().then(() => answer(tookMs))
})
