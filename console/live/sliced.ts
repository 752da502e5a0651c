import type { Clock } from '../../runtime/scheduling/clock.ts'

/** Runs `each` for every item, at most `size` of them in one turn of the loop. */
export function sliced<Item>(
  clock: Clock,
  items: Iterable<Item>,
  size: number,
  each: (item: Item) => void,
  done: () => void = () => undefined,
): void {
  const iterator = items[Symbol.iterator]()
  const slice = (): void => {
    for (let count = 0; count < size; count++) {
      const next = iterator.next()
      if (next.done) return done()
      each(next.value)
    }
    clock.defer(slice)
  }
  slice()
}
