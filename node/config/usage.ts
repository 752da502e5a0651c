import { KEY_FLAGS } from './flags.ts'
import { KEYS, START_FLAGS, type Key } from './keys.ts'

/** Text of `architect --help`. */
export function usage(): string {
  const keys = [...KEY_FLAGS].map(([flag, name]) => {
    const { flag: value = '', summary = '' } = KEYS[name] as Key
    return [`--${flag} ${value}`, summary] as const
  })
  const start = Object.entries(START_FLAGS).map(
    ([flag, { value, summary }]) => [`--${flag} ${value}`.trimEnd(), summary] as const,
  )
  const rows = [...keys, ...start].map(([flag, summary]) => `  ${flag.padEnd(18)}${summary}`)
  return [HEAD, 'Flags, each over the key of the same name in a file:', ...rows, '', TAIL].join(
    '\n',
  )
}

const HEAD = `Usage: architect [flags]

Starts a node: it keeps tasks, runs them, and serves the console and the gRPC door until it is
stopped. The first start makes the data directory and a cluster of one.
`

const TAIL = `Examples:
  architect                                    a node with all defaults
  architect --data /srv/architect --slots 8    its own directory, eight tasks at a time
  architect --config node.yaml --log json      settings of a file, a log for programs

Then, on the same machine:
  gaia run -- echo hello                       runs a command and shows its output
  gaia console                                 prints a sign-in link for the console

All settings with unit, range and default: config/node.yaml. Environment variables are not read.

Exit codes: 0 stopped as asked; 1 could not start, as when a port is taken; 2 a wrong flag or
setting; 70 the disk refused a write; 73 another node has the data directory.
`
