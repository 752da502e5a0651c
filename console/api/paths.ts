import { RuntimeError } from '../../runtime/errors.ts'
import type { Route } from './route.ts'

export interface Match {
  readonly route: Route
  /** Parts of the path that the table leaves open, decoded. */
  readonly params: Readonly<Record<string, string>>
}

interface Pattern {
  readonly route: Route
  readonly parts: readonly string[]
}

/** Finds rows of the table by what is asked. */
export class Paths {
  readonly #patterns: readonly Pattern[]

  constructor(routes: readonly Route[]) {
    this.#patterns = routes.map((route) => ({ route, parts: route.path.split('/') }))
  }

  /** A `HEAD` finds what a `GET` does. An error for a path that is there and badly encoded. */
  find(method: string, path: string): Match | RuntimeError | undefined {
    const parts = path.split('/')
    const wanted = method === 'HEAD' ? 'GET' : method
    const found = this.#patterns.find(
      ({ route, parts: pattern }) => route.method === wanted && fits(pattern, parts),
    )
    if (!found) return undefined
    const params = paramsOf(found.parts, parts)
    return params ? { route: found.route, params } : badlyEncoded(path)
  }

  /** The methods that the path knows. */
  methods(path: string): readonly string[] {
    const parts = path.split('/')
    const known = this.#patterns.filter(({ parts: pattern }) => fits(pattern, parts))
    return known.map(({ route }) => route.method)
  }
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false
  return pattern.every((part, at) => (part.startsWith('{') ? parts[at] !== '' : part === parts[at]))
}

/** `undefined` when one of them is badly encoded. */
function paramsOf(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  for (const [at, part] of pattern.entries()) {
    if (!part.startsWith('{')) continue
    const value = decoded(parts[at] ?? '')
    if (value === undefined) return undefined
    params[part.slice(1, -1)] = value
  }
  return params
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

function badlyEncoded(path: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `Cannot read the path "${path}": it is badly encoded`)
}
