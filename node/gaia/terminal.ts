import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'

/** The terminal, or whatever else stands there: standard input, output and error, and signals. */
export interface Terminal {
  /** A person reads standard error and can answer. */
  readonly interactive: boolean
  /** Of the window that shows the output, if one does. */
  readonly size: { readonly cols: number; readonly rows: number } | undefined
  /** Resolves once there is room for more. */
  out(text: string | Uint8Array): Promise<void>
  /** A line for people, on standard error. */
  note(line: string): void
  /** A line that the next one replaces; shown only to a person. Empty: removes it. */
  progress(line: string): void
  paint(style: Style, text: string): string
  /** `false` when nobody can be asked. */
  confirm(question: string): Promise<boolean>
  /** Calls `run` at each Ctrl-C or SIGTERM, instead of ending, until what is returned is called. */
  onInterrupt(run: () => void): () => void
}

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

const CLEAR_LINE = '\r\u001b[2K'

export function systemTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process
  const colors = stdout.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  let shown = ''

  const progress = (line: string): void => {
    if (!stderr.isTTY || line === shown) return
    const cut = line.slice(0, Math.max(0, stderr.columns - 1))
    stderr.write(CLEAR_LINE + cut)
    shown = line
  }

  stdout.on('error', (failure: NodeJS.ErrnoException) => {
    if (failure.code === 'EPIPE') process.exit(PIPE_CLOSED)
    throw failure
  })

  return {
    interactive: Boolean(stdin.isTTY && stderr.isTTY),
    size: stdout.isTTY ? { cols: stdout.columns, rows: stdout.rows } : undefined,
    async out(text) {
      if (shown !== '') progress('')
      if (!stdout.write(text)) await once(stdout, 'drain')
    },
    note(line) {
      progress('')
      stderr.write(`${line}\n`)
    },
    progress,
    paint: (style, text) => (colors ? styleText(style, text, { validateStream: false }) : text),
    async confirm(question) {
      if (!stdin.isTTY || !stderr.isTTY) return false
      const lines = createInterface({ input: stdin, output: stderr })
      const answer = await lines.question(`${question} [y/N] `)
      lines.close()
      return /^y(es)?$/i.test(answer.trim())
    },
    onInterrupt(run) {
      let last = -Infinity
      const once = (): void => {
        if (performance.now() - last < ECHO_MS) return
        last = performance.now()
        run()
      }
      process.on('SIGINT', once)
      process.on('SIGTERM', once)
      return () => {
        process.off('SIGINT', once)
        process.off('SIGTERM', once)
      }
    },
  }
}

/** One Ctrl-C comes from the terminal and, a moment later, again from a launcher above us. */
const ECHO_MS = 300

/** Whoever read our output has gone: 128 + SIGPIPE, as a shell reports it. */
const PIPE_CLOSED = 141
