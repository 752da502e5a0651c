import { createServer } from 'node:net'
import t from 'tap'
import { architectOf } from './architect-of.ts'
import { browserOf, tabOf } from './browser-of.ts'
import { gaiaOf, linkOf, submit } from './console-of.ts'

/** A node that is restarted wants the port that it had; the system gives none back by itself. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}

t.test('a page comes back by itself after its node was killed', async (t) => {
  const flags = ['--console', `127.0.0.1:${await freePort()}`]
  const [first, browser] = await Promise.all([architectOf({ flags }), browserOf()])
  let node = first
  t.teardown(async () => {
    await browser.close()
    await node.remove()
  })
  const origin = `http://${first.ready.console}`
  const { page } = await tabOf(browser, origin, { viewport: { width: 1280, height: 800 } })
  await page.goto(await linkOf(first))
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await submit(page, 'for n in $(seq 1 44); do echo "line $n"; sleep 0.25; done')
  const screen = page.locator('.screen')
  await screen.getByText('line 3', { exact: true }).waitFor()

  await first.kill('SIGKILL')
  await page.getByRole('alert').getByText('Reconnecting').waitFor()
  await page.getByText(/^showing .* old\)$/).waitFor()
  const cancel = page.getByRole('button', { name: 'Cancel', exact: true })
  t.ok(await cancel.isEnabled(), 'what is a moment old can be acted on')
  await page.locator('button.destructive:disabled').waitFor()
  node = await architectOf({ directory: first.directory, flags })

  await page.getByText('Reconnecting').waitFor({ state: 'hidden' })
  await screen.getByText('line 44', { exact: true }).waitFor({ timeout: 20_000 })
  await page.locator('.why .state').getByText('completed').waitFor()
  const text = (await screen.innerText()).replaceAll(/\s+/g, ' ')
  const lines = Array.from({ length: 30 }, (_, at) => `line ${at + 14}`)
  t.match(text, lines.join(' '), 'nothing is missing, or twice')

  const id = await gaiaOf(node)('run', '--detach', '--', 'true')
  await page.keyboard.press('g')
  await page.keyboard.press('t')
  await page.locator(`a[href="/tasks/${id}"]`).waitFor()
  t.equal(new URL(page.url()).pathname, '/tasks', 'it was never reloaded, or signed out')
})

t.test('F5: a node that stops is unready first, and answers until that was noticed', async (t) => {
  const node = await architectOf()
  t.teardown(() => node.remove())
  const ask = async (path: string): Promise<number> =>
    (await fetch(`http://${node.ready.console}${path}`)).status
  while ((await ask('/readyz')) !== 200) await new Promise(setImmediate)
  const ended = node.kill('SIGTERM')
  while ((await ask('/readyz')) === 200) await new Promise(setImmediate)
  t.equal(await ask('/readyz'), 503)
  t.equal(await ask('/livez'), 200)
  t.match(await ended, { code: 0, err: '' })
  await t.rejects(ask('/livez'))
})
