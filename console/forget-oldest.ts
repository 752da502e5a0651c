/** Keeps a map, whose entries stand in order of their making, within its limit; says what had to go. */
export function forgetOldest(map: Map<string, unknown>, max: number): string | undefined {
  const [oldest] = map.size > max ? map.keys() : []
  if (oldest !== undefined) map.delete(oldest)
  return oldest
}
