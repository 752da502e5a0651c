import t from 'tap'
import { SimulatedHolder, type Script } from '../../actors/simulated-holder.ts'
import { simulatedTerminals } from '../../actors/simulated-terminals.ts'
import type { TerminalSpec } from '../../actors/terminals.ts'
import { fraction, seededRandom } from '../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../runtime/scheduling/virtual-clock.ts'
import {
  COMMANDS,
  HELLO,
  specOf,
  type TerminalsWorld,
  terminalsContract,
} from '../contracts/terminals.contract.ts'

function scriptOf(spec: TerminalSpec): Script {
  const said = (text: string) => [{ afterMs: 1, text }]
  if (spec.argv === COMMANDS.hello) return { runMs: 5, code: 3, output: said(HELLO) }
  if (spec.argv === COMMANDS.endless) return { runMs: Infinity, code: 0, output: said('on\r\n') }
  const spawnFails = 'Cannot start: no such command'
  return { runMs: 0, code: 0, output: [], spawnFails }
}

function simulatedWorld(seed: number) {
  const clock = new VirtualClock()
  const random = seededRandom(seed)
  const holder = new SimulatedHolder({ clock, random, script: scriptOf })
  let node = simulatedTerminals(holder, { clock, random })
  const world: TerminalsWorld = {
    terminals: () => node,
    restartNode() {
      node.stop()
      node = simulatedTerminals(holder, { clock, random })
    },
    crashHolder: () => holder.crash(),
    async until(holds) {
      for (let steps = 0; !holds(); steps++) {
        if (steps > 10_000) throw new Error(`does not hold after ${steps} steps, seed ${seed}`)
        clock.advance(1)
      }
    },
    async stop() {},
  }
  return { world, clock, holder, random }
}

terminalsContract(t, () => simulatedWorld(1).world)

t.test('no key is ever run twice, and every exit arrives, whatever crashes', async (t) => {
  for (let seed = 0; seed < 50; seed++) {
    const { world, clock, holder, random } = simulatedWorld(seed)
    const specs = Array.from({ length: 20 }, () => specOf(COMMANDS.hello))
    const exited = new Set<string>()
    const started = new Set<string>()
    const listen = (): void => {
      world.terminals().onExit((key) => void exited.add(key.task))
    }
    listen()
    for (let round = 0; round < 400; round++) {
      const spec = specs[random.below(specs.length)]
      if (!spec) continue
      world.terminals().start(spec, (result) => {
        if (result.type === 'started') started.add(spec.key.task)
      })
      if (fraction(random) < 0.02) holder.crash()
      if (fraction(random) < 0.02) {
        world.restartNode()
        listen()
      }
      clock.advance(random.below(20))
    }
    clock.advance(5_000)
    t.ok(Math.max(...holder.startCounts.values()) === 1, `each key once, seed ${seed}`)
    t.same(
      [...started].filter((task) => !exited.has(task)),
      [],
      `no exit missing, seed ${seed}`,
    )
  }
})
