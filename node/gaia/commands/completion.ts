import type { Command, Option } from '../command.ts'
import { Ending, EXIT } from '../exit.ts'

/** Words that a shell may offer at a place of the command line. */
interface Words {
  /** Words typed so far, as `task`. */
  readonly after: string
  readonly words: readonly { readonly word: string; readonly summary: string }[]
}

export function completionOf(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    operands: '<shell>',
    summary: 'print a completion script for bash, zsh or fish',
    examples: [
      'gaia completion bash > ~/.local/share/bash-completion/completions/gaia',
      'gaia completion zsh > "${fpath[1]}/_gaia"',
      'gaia completion fish > ~/.config/fish/completions/gaia.fish',
    ],
    async run({ operands: [shell = ''] }, { terminal }) {
      const script = SHELLS.get(shell)
      if (!script) {
        throw new Ending(
          EXIT.usage,
          `Cannot complete for "${shell}": it is none of bash, zsh, fish`,
        )
      }
      await terminal.out(script(placesOf(commands())))
      return EXIT.ok
    },
  }
}

const SHELLS: ReadonlyMap<string, (places: readonly Words[]) => string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
])

const EVERYWHERE: readonly Option[] = [
  { flags: '--json', summary: 'for programs' },
  { flags: '--data <dir>', summary: 'the data directory' },
  { flags: '--node <addr>', summary: 'the admin address' },
  { flags: '--help', summary: 'explain' },
]

function placesOf(commands: readonly Command[]): readonly Words[] {
  const groups = new Map<string, { word: string; summary: string }[]>([['', []]])
  const leaves = commands.map(({ name, options = [] }) => ({
    after: name,
    words: [...options, ...EVERYWHERE].map(({ flags, summary }) => ({
      word: /--[a-z-]+/.exec(flags)?.[0] ?? '',
      summary,
    })),
  }))
  for (const { name, summary } of commands) {
    const [first = '', second] = name.split(' ')
    const top = groups.get('') ?? []
    if (!top.some(({ word }) => word === first)) {
      top.push({ word: first, summary: second === undefined ? summary : `${first} …` })
    }
    if (second === undefined) continue
    groups.set(first, [...(groups.get(first) ?? []), { word: second, summary }])
  }
  return [...[...groups].map(([after, words]) => ({ after, words })), ...leaves]
}

function bash(places: readonly Words[]): string {
  const cases = places.map(
    ({ after, words }) => `    '${after}') words='${words.map(({ word }) => word).join(' ')}' ;;`,
  )
  return `_gaia() {
  local current="\${COMP_WORDS[COMP_CWORD]}" typed='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in --) return ;; -*) ;; *) typed="\${typed:+$typed }$word" ;; esac
  done
  case "$typed" in
${cases.join('\n')}
    run\\ *) return ;;
    *) case "\${typed%% *}" in task|admin|token|project) typed="$(cut -d' ' -f1,2 <<< "$typed")" ;; *) typed="\${typed%% *}" ;; esac
      case "$typed" in
${cases.map((line) => `    ${line}`).join('\n')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _gaia gaia
`
}

function zsh(places: readonly Words[]): string {
  const cases = places.map(({ after, words }) => {
    const described = words.map(({ word, summary }) => `'${word}:${escaped(summary)}'`).join(' ')
    return `    '${after}') words_here=(${described}) ;;`
  })
  return `#compdef gaia
_gaia() {
  local -a words_here typed
  typed=(\${\${words[2,CURRENT-1]}:#-*})
  case "\${typed[1,2]}" in
${cases.join('\n')}
    *) case "\${typed[1]}" in
${cases.map((line) => `  ${line}`).join('\n')}
      esac ;;
  esac
  _describe 'gaia' words_here || _files
}
_gaia "$@"
`
}

function fish(places: readonly Words[]): string {
  const lines = places.flatMap(({ after, words }) =>
    words.map(({ word, summary }) => {
      const parts = after.split(' ').filter((part) => part !== '')
      const condition =
        after === ''
          ? '__fish_use_subcommand'
          : parts.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ')
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
      return `complete -c gaia -n '${condition}' ${what} -d '${escaped(summary)}'`
    }),
  )
  return `complete -c gaia -f\n${lines.join('\n')}\n`
}

function escaped(text: string): string {
  return text.replaceAll("'", '’').replaceAll(':', ' -')
}
