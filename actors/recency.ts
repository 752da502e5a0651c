type Node<Value> = {
  readonly id: string
  value: Value
  newer: Node<Value> | undefined
  older: Node<Value> | undefined
}

/** Values by id, in the order in which they were last put. Every operation takes constant time. */
export class Recency<Value> {
  readonly #nodes = new Map<string, Node<Value>>()
  #newest: Node<Value> | undefined
  #oldest: Node<Value> | undefined

  get size(): number {
    return this.#nodes.size
  }

  get(id: string): Value | undefined {
    return this.#nodes.get(id)?.value
  }

  /** Adds the value, or replaces it, as the newest. */
  put(id: string, value: Value): void {
    this.delete(id)
    const node: Node<Value> = { id, value, newer: undefined, older: this.#newest }
    if (this.#newest) this.#newest.newer = node
    else this.#oldest = node
    this.#newest = node
    this.#nodes.set(id, node)
  }

  delete(id: string): void {
    const node = this.#nodes.get(id)
    if (!node) return
    this.#nodes.delete(id)
    if (node.newer) node.newer.older = node.older
    else this.#newest = node.older
    if (node.older) node.older.newer = node.newer
    else this.#oldest = node.newer
  }

  oldest(): readonly [id: string, value: Value] | undefined {
    return this.#oldest && [this.#oldest.id, this.#oldest.value]
  }

  *newestFirst(): Generator<Value> {
    for (let node = this.#newest; node; node = node.older) yield node.value
  }
}
