/** `measure.ts ID`: measures one figure and prints its results as JSON; progress on standard error. */
import { FIGURES } from './figures/table.ts'
import { peers } from './peers.ts'

const [id = ''] = process.argv.slice(2)
const figure = FIGURES.find((each) => each.id === id)
if (!figure) throw new Error(`Cannot measure "${id}": there is no such figure`)
const say = (line: string): void => void process.stderr.write(`bench: ${id}: ${line}\n`)
const results = await figure.measure({ peers, say })
process.stdout.write(JSON.stringify(results))
