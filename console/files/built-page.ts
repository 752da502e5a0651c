import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { extname, join } from 'node:path'

/** The built page, in memory: it is small, and the same bytes serve every request. */
export interface BuiltPage {
  /** `index.html`, with a mark where a nonce belongs; `undefined` when the page was not built. */
  readonly html: string | undefined
  /** By path, as `/assets/index-1a2b3c.js`. */
  readonly files: ReadonlyMap<string, BuiltFile>
}

export interface BuiltFile {
  readonly contentType: string
  /** Of its bytes, in quotes. */
  readonly etag: string
  /** Its name changes with its bytes, so it never has to be asked for again. */
  readonly hashed: boolean
  readonly bytes: Uint8Array
  /** The same, compressed by the build. */
  readonly br?: Uint8Array
  readonly gzip?: Uint8Array
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
}

const COMPRESSED = { br: '.br', gzip: '.gz' } as const
const HTML = 'index.html'
const HASHED = /^\/assets\//

/** Reads the folder that the build wrote. One that is not there holds no page. */
export function readBuiltPage(directory: string): BuiltPage {
  const found = new Map(
    listed(directory).map((path) => [path, readFileSync(join(directory, path))]),
  )
  const html = found.get(HTML)?.toString('utf8')
  const files = new Map<string, BuiltFile>()
  for (const [path, bytes] of found) {
    const contentType = CONTENT_TYPES[extname(path)]
    if (contentType === undefined) continue // Compressed forms, and what no browser asks for.
    const br = found.get(`${path}${COMPRESSED.br}`)
    const gzip = found.get(`${path}${COMPRESSED.gzip}`)
    files.set(`/${path}`, {
      contentType,
      etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`,
      hashed: HASHED.test(`/${path}`),
      bytes,
      ...(br && { br }),
      ...(gzip && { gzip }),
    })
  }
  return { html, files }
}

/** Every file below, by its path with slashes. */
function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw failure
  }
}
