/** Beyond this share of its letters a word is no misspelling of another. */
const WRONG_SHARE_MAX = 0.4

/** Fewer letters are the beginning of too much. */
const BEGINNING_LENGTH_MIN = 3

/** The candidate that `word` was probably meant to be, or only begins, or `undefined`. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  return misspelled(word, candidates) ?? begun(word, candidates)
}

/** `prio` begins `priority`; what more than one begins with says nothing. */
function begun(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < BEGINNING_LENGTH_MIN) return undefined
  const [only, ...others] = candidates.filter((each) =>
    each.toLowerCase().startsWith(word.toLowerCase()),
  )
  return others.length === 0 ? only : undefined
}

function misspelled(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  if (best === undefined) return undefined
  const limit = Math.max(1, Math.floor(Math.max(word.length, best.length) * WRONG_SHARE_MAX))
  return bestDistance <= limit ? best : undefined
}

/**
 * Letters to add, drop, change or swap with a neighbour (optimal string alignment). `lables` to
 * `labels` is 1: two neighbours changed places.
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + change,
        swapped ? at(beforeLast, j - 2) + 1 : Infinity,
      )
    }
    beforeLast = last
    last = row
  }
  return at(last, to.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}
