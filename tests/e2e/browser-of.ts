import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright'

/** Debian's; where it is not, the one that playwright knows. */
const CHROMIUM = process.platform === 'linux' ? { executablePath: '/usr/bin/chromium' } : {}

/** Nothing that looks for hosts of its own: what these tests see on the network is the page's. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What a page did that it must not. */
export interface Watched {
  readonly page: Page
  /** Errors and violations of the policy, as the browser's console told them. */
  readonly errors: string[]
  /** Requests to anybody but the node. */
  readonly strangers: string[]
}

export function browserOf(): Promise<Browser> {
  return chromium.launch({ ...CHROMIUM, headless: true, args: FLAGS })
}

/** A tab of its own, with no memory of others. */
export async function tabOf(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const errors: string[] = []
  const strangers: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(String(error.stack)))
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    if (protocol !== 'data:' && host !== new URL(origin).host) strangers.push(request.url())
  })
  return { page, errors, strangers }
}

/** What axe finds wrong with the page as it is now, a line each. */
export async function axe(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE)
  const found: unknown = await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target.join(' '))))`,
  )
  return found as readonly string[]
}

/** How far the page is wider than the screen. */
export async function overflow(page: Page): Promise<number> {
  const wider: unknown = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  return Number(wider)
}
