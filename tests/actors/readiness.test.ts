import t from 'tap'
import { NodeBench } from './node-of.ts'

t.test(
  'a node is ready once it leads its shards and has a holder, and until it drains',
  async (t) => {
    const bench = new NodeBench().start(0)
    const { fleet } = bench.node
    t.equal(fleet.unready(), '64 shards have no leader yet')
    bench.advance(100)
    t.equal(fleet.unready(), undefined)
    bench.node.drain()
    t.equal(fleet.unready(), 'the node is about to stop')
  },
)

t.test(
  'a node is not ready while the clock is in doubt, the holder lost, or the disk full',
  async (t) => {
    const bench = new NodeBench().start()
    const { fleet } = bench.node
    bench.clock.wallSkewMs = 60_000
    bench.advance(1_100)
    t.equal(fleet.unready(), 'the wall clock was set and is not steady yet')
    bench.advance(5_000)
    t.equal(fleet.unready(), undefined)

    bench.holder.crash()
    bench.advance(50)
    t.equal(fleet.unready(), 'the holder of terminals does not answer')
    bench.advance(1_000)
    t.equal(fleet.unready(), undefined)

    bench.space.become('scarce')
    t.match(fleet.unready(), /disk/)
    bench.space.become('low')
    t.equal(fleet.unready(), undefined)
  },
)
