import type { Principal } from '../../actors/doors/principal.ts'
import type { Fleet } from '../../actors/fleet.ts'
import { summaryOf } from '../../actors/catalog/summary.ts'
import { DEFAULTS } from '../../actors/task/limits.ts'
import { parseProject, parseSpec } from '../../actors/task/parse-spec.ts'
import { failed } from '../api/failure.ts'
import { forgetOldest } from '../forget-oldest.ts'
import type { Command, Problem } from '../protocol.ts'

/**
 * Carries out what pages ask for. The same key is one command, however often it is sent: a page that
 * lost its socket in between sends it again, and gets the answer of the first time. The fleet keeps
 * the keys of submits; those of the other commands are kept here, as long as this program runs.
 */
export interface CommandsOptions {
  readonly fleet: Fleet
  unexpected(failure: unknown, what: string): void
}

export interface Asked {
  readonly by: Principal
  /** Idempotency key. */
  readonly key: string
  readonly try: number
  readonly command: Command
}

export type Result = { readonly ok: unknown } | { readonly err: Problem }

const KEPT_MAX = 10_000

export class Commands {
  readonly #options: CommandsOptions
  readonly #kept = new Map<string, Promise<unknown>>()

  constructor(options: CommandsOptions) {
    this.#options = options
  }

  async run(asked: Asked): Promise<Result> {
    try {
      return { ok: await this.#once(asked) }
    } catch (failure) {
      const { unexpected } = this.#options
      return { err: failed(failure, (bug) => unexpected(bug, asked.command.op)).problem }
    }
  }

  #once(asked: Asked): Promise<unknown> {
    const name = `${asked.by.name} ${asked.key}`
    const before = this.#kept.get(name)
    if (before) return before
    const running = this.#carryOut(asked)
    this.#kept.set(name, running)
    // What failed may be tried again.
    running.catch(() => this.#kept.delete(name))
    forgetOldest(this.#kept, KEPT_MAX)
    return running
  }

  async #carryOut({ by: { name: by }, key, command, ...asked }: Asked): Promise<unknown> {
    const { fleet } = this.#options
    if (command.op === 'submit') {
      const project = parseProject(command.project ?? DEFAULTS.project)
      return fleet.submit({ project, specs: [parseSpec(command.spec)], key, try: asked.try, by })
    }
    const { op: action, task: id, priority } = command
    const request = { action, id, by, ...(priority !== undefined && { priority }) }
    return summaryOf(await fleet.act(request))
  }
}
