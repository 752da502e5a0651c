/** Projects whose turns are remembered; one served before so many others has waited long enough. */
const TURNS_MAX = 10_000

/** When each project was last served: projects of equal priority take turns. */
export class Turns {
  readonly #turns = new Map<string, number>()
  #last = 0

  /** Grows with every project served; 0 for one that was not served of late. */
  readonly of = (project: string): number => this.#turns.get(project) ?? 0

  served(project: string): void {
    this.#turns.delete(project)
    this.#turns.set(project, ++this.#last)
    const [oldest] = this.#turns.size > TURNS_MAX ? this.#turns.keys() : []
    if (oldest !== undefined) this.#turns.delete(oldest)
  }
}
