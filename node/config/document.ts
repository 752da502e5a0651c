import {
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  type Pair,
  type ParsedNode,
} from 'yaml'
import { closest } from '../../runtime/closest.ts'
import { KEY_NAMES, type KeyName } from './keys.ts'
import { wrong, type Found } from './values.ts'

/** Larger than any configuration; smaller than what would stall the start. */
const DOCUMENT_BYTES_MAX = 1024 * 1024

/** The keys that a YAML file sets, with their lines. A `null` leaves a key to the machine. */
export function readDocument(file: string, text: string): ReadonlyMap<KeyName, Found> {
  if (text.length > DOCUMENT_BYTES_MAX) {
    throw wrong(file, `it is larger than ${DOCUMENT_BYTES_MAX} bytes`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const where = (node: ParsedNode | null): string =>
    `${file}:${node ? lines.linePos(node.range[0]).line : 1}`
  const [problem] = document.errors
  if (problem) {
    const line = problem.linePos?.[0].line ?? 1
    throw wrong(
      `${file}:${line}`,
      (problem.message.split('\n')[0] ?? '').replace(/ at line.*$/, ''),
    )
  }
  const found = new Map<KeyName, Found>()
  collect(document.contents, '', { found, where })
  return found
}

interface Collecting {
  readonly found: Map<KeyName, Found>
  readonly where: (node: ParsedNode | null) => string
}

function collect(node: ParsedNode | null, prefix: string, collecting: Collecting): void {
  if (node === null || (isScalar(node) && node.value === null)) return
  if (!isMap(node))
    throw wrong(collecting.where(node), `${prefix || 'it'} has to be keys and values`)
  for (const pair of node.items as readonly Pair<ParsedNode, ParsedNode | null>[]) {
    const key = isScalar(pair.key) ? String(pair.key.value) : ''
    const path = prefix === '' ? key : `${prefix}.${key}`
    if (isAlias(pair.value))
      throw wrong(collecting.where(pair.key), 'write the value out, without "*"')
    const name = KEY_NAMES.find((each) => each === path)
    if (name !== undefined) {
      const value: unknown = pair.value?.toJSON()
      if (value !== null) collecting.found.set(name, { value, where: collecting.where(pair.key) })
    } else if (KEY_NAMES.some((each) => each.startsWith(`${path}.`))) {
      collect(pair.value, path, collecting)
    } else {
      throw wrong(collecting.where(pair.key), unknownKey(path))
    }
  }
}

/** The closest right key: first beside the wrong one, then the same word anywhere, then a near one. */
function unknownKey(path: string): string {
  const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
  const parent = (name: string): string => name.slice(0, name.lastIndexOf('.') + 1)
  const sections = KEY_NAMES.flatMap((name) =>
    [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index)),
  )
  const names = [...KEY_NAMES, ...new Set(sections)]
  const near = (candidates: readonly string[]): string | undefined => {
    const word = closest(last(path), candidates.map(last))
    return candidates.find((name) => last(name) === word)
  }
  const meant =
    near(names.filter((name) => parent(name) === parent(path))) ??
    names.find((name) => last(name) === last(path)) ??
    near(names)
  return `there is no key "${path}"${meant ? `; did you mean "${meant}"?` : ''}`
}
