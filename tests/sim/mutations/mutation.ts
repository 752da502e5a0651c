/**
 * A way to break the product: a line, or two, of a rule. The simulation must find every one of them:
 * a rule whose absence it does not notice is a rule that nobody checks. Made while the module is
 * loaded, by `mutation-loader.mjs`; the product itself has no switch.
 */
export interface Mutation {
  readonly name: string
  /** The climate in which it is looked for. */
  readonly climate: string
  readonly edits: readonly Edit[]
}

export interface Edit {
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}
