/** Values of the `:names` of a pattern such as `/tasks/:id`; `undefined` if the path is another. */
export function matchPath(
  pattern: string,
  path: string,
): Readonly<Record<string, string>> | undefined {
  const [wanted, found] = [partsOf(pattern), partsOf(path)]
  if (wanted.length !== found.length) return undefined
  const values: Record<string, string> = {}
  for (const [at, want] of wanted.entries()) {
    const part = found[at] ?? ''
    if (want.startsWith(':')) values[want.slice(1)] = decoded(part)
    else if (want !== part) return undefined
  }
  return values
}

/** `path` with a query of what is set. */
export function formatPath(
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(set as [string, string][]).toString().replaceAll('%2C', ',')
  return text === '' ? path : `${path}?${text}`
}

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
