import type { Clock } from '../../runtime/scheduling/clock.ts'
import type { AdminClient } from './client.ts'
import { Ending, EXIT } from './exit.ts'
import type { Terminal } from './terminal.ts'

/** One command of `gaia`: its file under `commands/` and its line in `commands/table.ts`. */
export interface Command {
  /** As typed: `task logs`. */
  readonly name: string
  /** As `<id>` or `[ids...]`. */
  readonly operands?: string
  readonly summary: string
  readonly options?: readonly Option[]
  /** Lines below the help: at least one example. */
  readonly examples: readonly string[]
  /** What more there is to know, below the options. */
  readonly notes?: string
  /** Everything after the first operand belongs to the operand, flags too. */
  readonly takesCommandLine?: boolean
  /** Resolves to the exit code. */
  run(given: Given, context: Context): Promise<number>
}

export interface Option {
  /** As `-p, --priority <n>`. */
  readonly flags: string
  readonly summary: string
  /** May be given more than once. */
  readonly many?: boolean
  /** Heading in the help, for a command of many. */
  readonly group?: string
}

/** What commands may touch. */
export interface Context {
  readonly terminal: Terminal
  readonly clock: Clock
  /** `--json`. */
  readonly json: boolean
  /** The data directory, for what is done without a node. */
  readonly directory: string
  readonly workingDirectory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** True when the node that is asked runs on this machine. */
  readonly local: () => Promise<boolean>
  /** A new connection, to where the node is now. Throws `Unreachable`. */
  connect(): Promise<AdminClient>
  /** A key that nobody else makes. */
  newKey(): string
  /** Resolves after `delayMs`. */
  pause(delayMs: number): Promise<void>
}

/** What it takes to ask a node that may be lost and found again. */
export type Reach = Pick<Context, 'clock' | 'connect' | 'newKey' | 'pause'>

/** Operands and options, as commander found them. */
export class Given {
  readonly operands: readonly string[]
  readonly #options: Readonly<Record<string, unknown>>

  constructor(operands: readonly string[], options: Readonly<Record<string, unknown>>) {
    this.operands = operands
    this.#options = options
  }

  text(name: string): string | undefined {
    const value = this.#options[name]
    return typeof value === 'string' ? value : undefined
  }

  list(name: string): readonly string[] {
    const value = this.#options[name]
    return Array.isArray(value) ? value.map(String) : []
  }

  flag(name: string): boolean {
    return this.#options[name] === true
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const chosen = choices.find((each) => each === text)
    if (chosen !== undefined) return chosen
    throw new Ending(
      EXIT.usage,
      `Cannot use --${name} ${text}: it is none of ${choices.join(', ')}`,
    )
  }

  /** A whole number in [min, max]. */
  count(name: string, min: number, max: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const number = Number(text)
    if (/^\d{1,15}$/.test(text) && number >= min && number <= max) return number
    throw new Ending(
      EXIT.usage,
      `Cannot use --${name} ${text}: it has to be a whole number from ${min} to ${max}`,
    )
  }
}

/** Runs `work` with a connection that is closed in the end. */
export async function connected<Result>(
  context: Reach,
  work: (client: AdminClient) => Promise<Result>,
): Promise<Result> {
  const client = await context.connect()
  try {
    return await work(client)
  } finally {
    client.close()
  }
}
