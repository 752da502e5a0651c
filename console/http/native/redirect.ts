/**
 * Makes a shared library that was linked against glibc 2.38 load on an older one.
 *
 * Its compiler replaced three functions of C by those of C23 (`strtol` became `__isoc23_strtol`),
 * which glibc has since 2.38; they differ only in that they also read binary literals. In the copy
 * each of those names is cut to the classic one, which needs no new text since it is the old name's
 * end, and the version that the library asks for is the oldest it already uses. At most eight bytes
 * differ, and no instruction does.
 *
 * ELF: System V ABI, chapters 4 and 5; symbol versions: Linux Standard Base 5, 10.7.
 */

/** Functions that may be redirected; any other that needs the newer version is refused. */
const REDIRECTED = new Set(['__isoc23_strtol', '__isoc23_strtoul', '__isoc23_sscanf'])
const PREFIX_LENGTH = '__isoc23_'.length
const NEWER = 'GLIBC_2.38'

/** Section types. */
const SYMBOLS = 11
const VERSIONS_NEEDED = 0x6ffffffe
const SYMBOL_VERSIONS = 0x6fffffff

const SYMBOL_BYTES = 24

interface Section {
  readonly type: number
  readonly offset: number
  readonly size: number
  /** Index of the section that holds its names. */
  readonly link: number
  /** How many entries `VERSIONS_NEEDED` has. */
  readonly info: number
}

/** One version of one library that is asked for. */
interface NeededVersion {
  readonly at: number
  readonly hash: number
  /** What a symbol names it by. */
  readonly index: number
  readonly nameOffset: number
  readonly name: string
}

/** A copy of `library` for glibc before 2.38. Throws when it needs more than the three functions. */
export function redirected(library: Uint8Array): Uint8Array {
  const copy = new Uint8Array(library) // `slice` of a Buffer would share its memory.
  const view = new DataView(copy.buffer)
  const sections = sectionsOf(view)
  const symbols = sectionOf(sections, SYMBOLS)
  const names = sections[symbols.link]
  if (!names) throw new Error('the library names no symbols')
  const versions = neededVersions(view, sectionOf(sections, VERSIONS_NEEDED), names)
  const [oldest] = versions.toSorted((a, b) => order(a.name) - order(b.name))
  const newer = versions.find(({ name }) => name === NEWER)
  if (!newer || !oldest) return copy
  const indexes = sectionOf(sections, SYMBOL_VERSIONS)
  for (let at = 0; at < symbols.size / SYMBOL_BYTES; at++) {
    if (view.getUint16(indexes.offset + 2 * at, true) !== newer.index) continue
    const place = symbols.offset + SYMBOL_BYTES * at
    const nameOffset = view.getUint32(place, true)
    const name = textAt(view, names.offset + nameOffset)
    if (!REDIRECTED.has(name)) throw new Error(`the library needs ${name} of ${NEWER}`)
    view.setUint32(place, nameOffset + PREFIX_LENGTH, true)
  }
  view.setUint32(newer.at, oldest.hash, true)
  view.setUint32(newer.at + 8, oldest.nameOffset, true)
  return copy
}

function sectionsOf(view: DataView): readonly Section[] {
  const magic = view.getUint32(0)
  const class64 = view.getUint8(4) === 2
  const littleEndian = view.getUint8(5) === 1
  if (magic !== 0x7f454c46 || !class64 || !littleEndian) throw new Error('no 64-bit ELF library')
  const start = Number(view.getBigUint64(0x28, true))
  const bytes = view.getUint16(0x3a, true)
  return Array.from({ length: view.getUint16(0x3c, true) }, (_, index) => {
    const at = start + index * bytes
    return {
      type: view.getUint32(at + 4, true),
      offset: Number(view.getBigUint64(at + 24, true)),
      size: Number(view.getBigUint64(at + 32, true)),
      link: view.getUint32(at + 40, true),
      info: view.getUint32(at + 44, true),
    }
  })
}

function sectionOf(sections: readonly Section[], type: number): Section {
  const section = sections.find((each) => each.type === type)
  if (!section) throw new Error(`the library has no section of type ${type.toString(16)}`)
  return section
}

/** The versions asked of `libc.so.6`: for each library, a list. */
function neededVersions(view: DataView, needed: Section, names: Section): NeededVersion[] {
  const found: NeededVersion[] = []
  for (let entry = 0, at = needed.offset; entry < needed.info; entry++) {
    const count = view.getUint16(at + 2, true)
    const library = textAt(view, names.offset + view.getUint32(at + 4, true))
    let place = at + view.getUint32(at + 8, true)
    for (let each = 0; each < count; each++) {
      if (library === 'libc.so.6') found.push(neededVersion(view, place, names))
      place += view.getUint32(place + 12, true)
    }
    at += view.getUint32(at + 12, true)
  }
  return found
}

function neededVersion(view: DataView, at: number, names: Section): NeededVersion {
  const nameOffset = view.getUint32(at + 8, true)
  return {
    at,
    hash: view.getUint32(at, true),
    index: view.getUint16(at + 6, true),
    nameOffset,
    name: textAt(view, names.offset + nameOffset),
  }
}

/** `GLIBC_2.17` as 2017, so that 2.4 comes before 2.17. */
function order(version: string): number {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? []
  return 1_000 * Number(major) + Number(minor)
}

function textAt(view: DataView, at: number): string {
  let text = ''
  for (let place = at; view.getUint8(place) !== 0; place++) {
    text += String.fromCharCode(view.getUint8(place))
  }
  return text
}
