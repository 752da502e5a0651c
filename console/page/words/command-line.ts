/** As it would be typed in a shell. */
export function formatCommandLine(argv: readonly string[]): string {
  const [shell, flag, script] = argv
  if (argv.length === 3 && shell === 'sh' && flag === '-c' && script !== undefined) return script
  return argv.map(quoted).join(' ')
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Text from elsewhere in one line: control characters would be invisible, or move things about. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
}

/** What a task is called in one line: of a script, who reads it is left out, unless it is typed in quotes. */
export function formatTitle({
  title,
  id,
}: {
  readonly title: string
  readonly id: string
}): string {
  return oneLine(title).replace(/^sh -c (?!['"])/, '') || id
}

/** Labels as people type them, with commas or spaces between. */
export function parseLabels(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter((label) => label !== ''))]
}
