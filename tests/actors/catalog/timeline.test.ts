import fc from 'fast-check'
import t from 'tap'
import { newestFirst, type Place } from '../../../actors/catalog/listing.ts'
import { Timeline } from '../../../actors/catalog/timeline.ts'

const places = fc.record({
  id: fc.nat(30).map((number) => `t${number}`),
  updatedMs: fc.nat(20),
})
const moves = fc.array(fc.record({ place: places, comes: fc.boolean() }), { maxLength: 80 })

t.test('list() is a sorted list of what was put, whatever the order', async () => {
  fc.assert(
    fc.property(moves, fc.option(places, { nil: undefined }), (all, from) => {
      const timeline = new Timeline<Place>()
      const model = new Map<string, Place>()
      for (const { place, comes } of all) {
        if (comes) timeline.put(place)
        else timeline.delete(place.id)
        if (comes) model.set(place.id, place)
        else model.delete(place.id)
      }
      const sorted = [...model.values()].sort(newestFirst)
      const after = from ? sorted.filter((place) => newestFirst(place, from) > 0) : sorted
      return (
        JSON.stringify([...timeline.list(from)]) === JSON.stringify(after) &&
        timeline.oldest === sorted.at(-1) &&
        timeline.size === model.size
      )
    }),
    { numRuns: 500 },
  )
})

t.test('list() goes on after any place, over many blocks', async (t) => {
  const timeline = new Timeline<Place>()
  const ids = Array.from({ length: 5_000 }, (_, at) => `t${String(at).padStart(4, '0')}`)
  // Every third from the end, then from the start, then the rest: into the middle of blocks.
  for (const third of [2, 0, 1]) {
    for (const [at, id] of ids.entries())
      if (at % 3 === third) timeline.put({ id, updatedMs: Math.floor(at / 7) })
  }
  const all = [...timeline.list()]
  t.equal(all.length, 5_000)
  t.ok(all.every((place, at) => at === 0 || newestFirst(all[at - 1] ?? place, place) < 0))
  let seen = 0
  for (let place = all[0]; place; seen++) [place] = timeline.list(place)
  t.equal(seen, 5_000)
  for (const id of ids) timeline.delete(id)
  t.equal(timeline.size, 0)
  t.equal(timeline.oldest, undefined)
  timeline.put({ id: 'a', updatedMs: 1 })
  t.equal([...timeline.list()].length, 1)
})

t.test('put() moves a value that is known', async (t) => {
  const timeline = new Timeline<Place>()
  for (const [id, updatedMs] of [
    ['a', 1],
    ['b', 2],
    ['a', 3],
  ] as const)
    timeline.put({ id, updatedMs })
  t.same(
    [...timeline.list()].map(({ id }) => id),
    ['a', 'b'],
  )
  t.same(timeline.get('a'), { id: 'a', updatedMs: 3 })
})
