/** A source file as the checks see it: its path from the root, with slashes, and its text. */
export interface Source {
  readonly path: string
  readonly text: string
}

/** Who may import whom: a file may import its own row, and those of lower floors that it names. */
const FLOORS: readonly (readonly [prefix: string, floor: number])[] = [
  ['proto/', 0],
  ['runtime/errors.ts', 10],
  ['runtime/closest.ts', 10],
  ['runtime/supervision/', 11],
  ['runtime/scheduling/', 12],
  ['runtime/storage/', 13],
  ['runtime/actor/', 14],
  ['runtime/transport/', 15],
  ['runtime/membership/', 16],
  ['runtime/authority/', 17],
  ['runtime/shard/', 18],
  ['runtime/placement/', 19],
  ['runtime/system.ts', 20],
  ['actors/', 30],
  ['console/', 40],
  ['node/', 50],
]

/** What is looked at by these checks at all. */
const SOURCES = /^(runtime|actors|console|node|proto|tests|scripts|bin)\/.*\.(ts|tsx|mjs)$/
/** Code that must be the same in the simulation: it reaches the world only through edges. */
const PURE = /^(runtime|actors|console|node)\/(?!page\/).*\.ts$/
/** Packages that compute and do nothing else. */
const PURE_PACKAGES = new Set(['msgpackr', 'zod', 'yaml'])

const WORLD: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['reads the clock', /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/],
  ['sets a timer', /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\(/],
  ['takes chance', /\bMath\.random\(|\bcrypto\.getRandomValues\(|\brandomUUID\(/],
  ['touches the process', /\bprocess\.(?!memory)/],
]

const VAGUE = /(^|[-/])(utils?|helpers?|common|misc|manager|service|index|types|base|impl)\.tsx?$/
const FORBIDDEN = [
  [/\bTODO\b|\bFIXME\b|\bXXX\b/, 'holds unfinished work'],
  [/\bexport default\b/, 'exports a default'],
  [/@ts-ignore|@ts-expect-error|@ts-nocheck|eslint-disable|biome-ignore/, 'mutes a check'],
  [/\.(only|skip|todo)\(|\b(skip|todo|only): true/, 'leaves tests out'],
  [/:\s*any\b|\bas any\b/, 'uses any'],
] as const

/** Lines, not counting generated files. */
const FILE_LINES_MAX = 400
const TEST_LINES_MAX = 600
const FOLDER_FILES_MAX = 14

/** Everything in these files that the house style forbids and a machine can see. */
export function breaches(files: readonly Source[], edges: ReadonlyMap<string, string>): string[] {
  const sources = files.filter(({ path }) => SOURCES.test(path) && !path.includes('/gen/'))
  return [
    ...sources.flatMap((source) => [
      ...floors(source),
      ...world(source, edges),
      ...manners(source),
    ]),
    ...folders(sources),
    ...stale(sources, edges),
  ]
}

function floors({ path, text }: Source): string[] {
  const own = floorOf(path)
  if (own === undefined) return []
  const wrong = importsOf(path, text).filter((target) => {
    const floor = floorOf(target)
    return floor !== undefined && floor > own && !target.endsWith('.json')
  })
  return wrong.map((target) => `${path}: imports ${target}, which is a floor above`)
}

function floorOf(path: string): number | undefined {
  return FLOORS.find(([prefix]) => path.startsWith(prefix))?.[1]
}

/** The files of this repository that `text` imports, as paths from the root. */
export function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map(([, relative = '']) => resolved(path, relative))
}

function resolved(path: string, relative: string): string {
  const parts = path.split('/').slice(0, -1)
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}

function world({ path, text }: Source, edges: ReadonlyMap<string, string>): string[] {
  if (!PURE.test(path) || path.startsWith('console/page/') || isEdge(path, edges)) return []
  const code = withoutComments(text)
  const touched = WORLD.filter(([, pattern]) => pattern.test(code)).map(([what]) => what)
  for (const [, whole = '', name = ''] of code.matchAll(
    /^(import (?!type)[^;]*?from '([^.][^']*)')/gms,
  )) {
    const onlyTypes = /^import \{(\s*type [^,}]+,?)+\s*\}/.test(whole)
    if (!onlyTypes && !PURE_PACKAGES.has(name)) touched.push(`imports ${name}`)
  }
  return touched.map((what) => `${path}: ${what}, and is no edge`)
}

/** A row names a file, or a folder by its slash. */
function isEdge(path: string, edges: ReadonlyMap<string, string>): boolean {
  return [...edges.keys()].some(
    (edge) => edge === path || (edge.endsWith('/') && path.startsWith(edge)),
  )
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

function manners({ path, text }: Source): string[] {
  const wrong: string[] = []
  if (VAGUE.test(path)) wrong.push(`${path}: has a vague name`)
  if (!path.startsWith('tests/tidy.')) {
    const code = withoutStars(text)
    for (const [pattern, what] of FORBIDDEN) if (pattern.test(code)) wrong.push(`${path}: ${what}`)
  }
  const lines = text.split('\n').length
  const most = path.startsWith('tests/') ? TEST_LINES_MAX : FILE_LINES_MAX
  if (lines > most) wrong.push(`${path}: has ${lines} lines, more than ${most}`)
  return wrong
}

/** Prose in docstrings may say "any"; a line comment may not mute. */
function withoutStars(text: string): string {
  return text.replace(/\/\*\*[\s\S]*?\*\//g, '')
}

function folders(sources: readonly Source[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of sources) {
    const folder = path.slice(0, path.lastIndexOf('/'))
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  const crowded = [...counts].filter(([, count]) => count > FOLDER_FILES_MAX)
  return crowded.map(
    ([folder, count]) => `${folder}: holds ${count} files, more than ${FOLDER_FILES_MAX}`,
  )
}

function stale(sources: readonly Source[], edges: ReadonlyMap<string, string>): string[] {
  const present = (edge: string): boolean =>
    sources.some(({ path }) => isEdge(path, new Map([[edge, '']])))
  const gone = [...edges.keys()].filter((edge) => !present(edge))
  return gone.map((edge) => `${edge}: is named as an edge, and is not there`)
}

/** Source files that no other file imports and no command starts. */
export function orphans(files: readonly Source[], entries: readonly RegExp[]): string[] {
  const imported = new Set(files.flatMap(({ path, text }) => importsOf(path, text)))
  return files
    .map(({ path }) => path)
    .filter((path) => /^(runtime|actors|console|node)\//.test(path) && /\.tsx?$/.test(path))
    .filter((path) => !imported.has(path) && !entries.some((entry) => entry.test(path)))
}
