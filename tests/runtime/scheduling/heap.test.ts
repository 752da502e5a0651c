import fc from 'fast-check'
import t from 'tap'
import { Heap } from '../../../runtime/scheduling/heap.ts'

const ascending = (a: number, b: number): boolean => a < b

function drained(heap: Heap<number>): number[] {
  const values: number[] = []
  while (heap.size > 0) {
    const { first } = heap
    const taken = heap.take()
    if (first !== taken || taken === undefined) throw new Error('take() gives what was first')
    values.push(taken)
  }
  return values
}

t.test('take() gives the values in order, whatever the order in which they came', async (t) => {
  const values = fc.array(fc.integer({ min: 0, max: 50 }))
  fc.assert(
    fc.property(values, values, (some, more) => {
      const heap = new Heap<number>(ascending)
      for (const value of some) heap.add(value)
      const taken = some.length > 0 ? [heap.take()] : []
      for (const value of more) heap.add(value)
      const rest = [...some, ...more].sort((a, b) => a - b)
      const smallest = Math.min(...some)
      if (taken.length > 0) rest.splice(rest.indexOf(smallest), 1)
      return String(drained(heap)) === String(rest) && taken.every((each) => each === smallest)
    }),
  )
  t.equal(new Heap<number>(ascending).take(), undefined)
})

t.test('keep() leaves what passes, in order', async (t) => {
  const heap = new Heap<number>(ascending)
  for (const value of [5, 3, 8, 1, 9, 2, 7]) heap.add(value)
  heap.keep((value) => value % 2 === 1)
  t.same(drained(heap), [1, 3, 5, 7, 9])
})

t.test('clear() leaves nothing', async (t) => {
  const heap = new Heap<number>(ascending)
  heap.add(1)
  heap.clear()
  t.equal(heap.first, undefined)
  t.equal(heap.size, 0)
})
