import t from 'tap'
import { ready, specOf, started, terminalsContract } from '../../contracts/terminals.contract.ts'
import { holderOf } from './holder-of.ts'

terminalsContract(t, () => holderOf())

t.test('what nobody could start is refused, and takes nobody else along', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  await ready(world)
  const holders = world.terminals().holders()
  const specs = [
    specOf(['tr\0ue']),
    specOf(['true'], { cwd: '/\0' }),
    specOf(['true'], { env: { A: '\0' } }),
    specOf(['true'], { env: { 'A=B': '' } }),
    specOf([]),
  ]
  for (const spec of specs) {
    t.match(await started(world, spec), { type: 'refused', reason: 'invalid' })
  }
  t.same(await started(world, specOf(['true'])), { type: 'started' })
  t.same(world.terminals().holders(), holders, 'by the same holder')
})
