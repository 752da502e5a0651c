/** A broken promise, found while a simulation runs. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export function fail(what: string): never {
  throw new Violation(what)
}
