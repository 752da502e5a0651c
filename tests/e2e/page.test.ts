import t from 'tap'
import { architectOf } from './architect-of.ts'
import { axe, browserOf, overflow, tabOf } from './browser-of.ts'
import { gaiaOf, linkOf, submit } from './page-of.ts'

const DESK = { width: 1280, height: 800 }
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
const THEMES = ['light', 'dark'] as const

t.test('the page in a browser, against a real node', async (t) => {
  const [node, browser] = await Promise.all([architectOf(), browserOf()])
  const gaia = gaiaOf(node)
  const origin = `http://${node.ready.console}`
  t.teardown(async () => {
    await browser.close()
    await node.remove()
  })
  const { page, errors, strangers } = await tabOf(browser, origin, { viewport: DESK })
  const link = await linkOf(node)

  t.test('a reader without a link is told how to get one', async (t) => {
    await page.goto(origin)
    await page.getByText('npx gaia console').waitFor()
    t.same(await axe(page), [])
  })

  t.test('the link signs in and leaves no code behind', async (t) => {
    await page.goto(link)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    t.equal(new URL(page.url()).hash, '')
    await page.reload()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    const { page: other } = await tabOf(browser, origin)
    await other.goto(link)
    await other.getByRole('alert').waitFor()
    t.ok(await other.getByText('npx gaia console').isVisible(), 'it works once')
    await other.context().close()
  })

  t.test('a task that is submitted elsewhere appears within a second', async (t) => {
    await page.getByText('Nothing has been run yet').waitFor()
    const id = await gaia('run', '--detach', '--label', 'cli', '--', 'sh', '-c', 'exit 3')
    await page.locator(`a[href="/tasks/${id}"]`).first().waitFor({ timeout: 1_000 })
    const row = page.locator('tr', { has: page.locator(`a[href="/tasks/${id}"]`) })
    await row.filter({ hasText: 'failed' }).first().waitFor()
    t.equal(errors.length, 0)
  })

  t.test('a command typed into the form shows its output live', async (t) => {
    await submit(page, 'for n in 1 2 3 4; do echo "tick $n"; sleep 0.3; done; echo "done"')
    await page.locator('.screen').getByText('tick 2').waitFor()
    t.ok(await page.locator('.output-facts').getByText('Live').isVisible(), 'while it runs')
    await page.locator('.screen').getByText('done').waitFor()
    await page.locator('.why .state').getByText('completed').waitFor()
    await page.locator('.output-facts').getByText('Ended').waitFor()
    t.match(new URL(page.url()).pathname, /^\/tasks\/t\d\d-[0-9A-Z]{26}$/)
  })

  t.test('a program has its own colors, though no inline style is allowed', async (t) => {
    await submit(page, String.raw`printf '\033[38;2;255;120;0morange\033[0m \033[2mdim\033[0m\n'`)
    const orange = page.locator('.screen').getByText('orange')
    await orange.waitFor()
    t.match(await orange.getAttribute('style'), 'rgb(255, 120, 0)')
    t.same(await axe(page), [])
    t.same(errors, [])
  })

  t.test('output of any size arrives to its end; later its end is shown first', async (t) => {
    await submit(page, 'yes "0123456789 0123456789 0123456789" | head -n 100000; echo "the end"')
    await page.locator('.screen').getByText('the end').waitFor()
    await page.locator('.output-facts.ended').getByText('3.2 MiB').waitFor()
    await page.reload()
    await page.locator('.output-facts').getByText('the last 1.0 MiB shown').waitFor()
    await page.locator('.screen').getByText('the end').waitFor()
    await page.getByRole('button', { name: 'From the beginning' }).click()
    await page.locator('.output-facts.ended').waitFor()
    t.notMatch(await page.locator('.output-facts').innerText(), 'the last')
  })

  t.test('the form says what the node has against a command', async (t) => {
    await page.keyboard.press('n')
    await page.getByRole('textbox', { name: 'Command' }).fill('true')
    await page.getByLabel('Directory').fill('not/absolute')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    const problem = page.getByRole('alert').getByText('absolute path')
    await problem.waitFor()
    t.match(await problem.innerText(), 'workdir')
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
  })

  t.test('a task is cancelled after a question that names it, and run again', async (t) => {
    await submit(page, 'echo begun; sleep 60')
    await page.locator('.screen').getByText('begun').waitFor()
    await page.keyboard.press('Shift+C')
    await page.getByRole('dialog').getByText('“echo begun; sleep 60”').waitFor()
    await page.getByRole('button', { name: 'Cancel it' }).click()
    await page.locator('.why .state').getByText('cancelled').waitFor()
    const first = page.url()
    await page.getByRole('button', { name: 'Run again' }).click()
    await page.getByRole('button', { name: 'Run it again' }).click()
    await page.waitForURL((url) => url.href !== first)
    await page.locator('.screen').getByText('begun').waitFor()
    t.match(await page.getByRole('heading', { level: 1 }).innerText(), 'echo begun; sleep 60')
  })

  t.test('a waiting task is paused, resumed and given another priority', async (t) => {
    const needed = page.url().split('/').at(-1) ?? ''
    const id = await gaia('run', '--detach', '--after', needed, '--', 'true')
    await page.goto(`${origin}/tasks/${id}`)
    await page.locator('.why .state').getByText('suspended').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Pause it' }).click()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Resume it' }).click()
    await page.getByRole('button', { name: 'Priority' }).click()
    await page.getByRole('radio', { name: '9' }).check()
    await page.getByRole('button', { name: 'Set priority 9' }).click()
    await page.locator('.facts-list').getByText('9', { exact: true }).waitFor()
    t.ok(await page.locator(`a[href="/tasks/${needed}"]`).first().isVisible(), 'what it waits for')
  })

  t.test('the keyboard goes everywhere', async (t) => {
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await page.waitForURL('**/tasks')
    await page.locator('[data-row]').nth(1).waitFor()
    const focused = (): Promise<unknown> => page.evaluate('document.activeElement.pathname')
    await page.keyboard.press('j')
    const first = await focused()
    await page.keyboard.press('j')
    t.not(await focused(), first)
    await page.keyboard.press('k')
    t.equal(await focused(), first)
    await page.keyboard.press('Enter')
    await page.locator('article.task').waitFor()
    await page.keyboard.press('Escape')
    await page.waitForURL('**/tasks')
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByText('Next row').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    await page.keyboard.type('nowhere')
    await page.getByText('No task matches').waitFor()
    t.match(page.url(), 'project=nowhere', 'a filter can be shared')
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.keyboard.press('g')
    await page.keyboard.press('o')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
  })

  t.test('the list is narrowed by state, label and project', async (t) => {
    await page.goto(`${origin}/tasks`)
    await page.getByRole('button', { name: /^Failed/ }).click()
    await page.getByLabel('Label').fill('cli')
    const rows = page.locator('[data-row]')
    await page.waitForURL(/label=cli/)
    await rows.first().waitFor()
    t.equal(await rows.count(), 1)
  })

  t.test('what does not fit a page is on an older one', async (t) => {
    const token = await gaia('token', 'create', '--name', 'pages', '--role', 'operator')
    const spec = { argv: ['true'], requires: ['nowhere'], labels: ['paged'] }
    const answer = await fetch(`${origin}/api/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ specs: Array.from({ length: 120 }, () => spec) }),
    })
    t.equal(answer.status, 201)
    await page.goto(`${origin}/tasks?label=paged`)
    const rows = page.locator('[data-row]')
    const shown = async (): Promise<readonly string[]> =>
      Promise.all((await rows.all()).map(async (row) => (await row.getAttribute('href')) ?? ''))
    await rows.nth(99).waitFor()
    const newest = await shown()
    await page.getByRole('button', { name: 'Older' }).click()
    await page.getByText('Page 2').waitFor()
    await rows.nth(20).waitFor({ state: 'detached' })
    const older = await shown()
    t.equal(new Set([...newest, ...older]).size, 120, 'each is on one page')
    await page.goBack()
    await rows.nth(99).waitFor()
    t.same(await shown(), newest)
  })

  t.test('every view is accessible, in both themes', async (t) => {
    const failed = `/tasks?state=failed`
    await page.goto(origin + failed)
    const task = await page.locator('[data-row]').first().getAttribute('href')
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme })
      for (const path of ['/', '/tasks', task ?? '/', '/nowhere']) {
        await page.goto(origin + path)
        await page.locator('main h1').waitFor()
        if (path === task) await page.locator('.output-facts.ended').waitFor()
        t.same(await axe(page), [], `${path} ${colorScheme}`)
      }
      for (const key of ['n', '?']) {
        await page.keyboard.press(key)
        await page.getByRole('dialog').waitFor()
        t.same(await axe(page), [], `the dialog of ${key}, ${colorScheme}`)
        await page.keyboard.press('Escape')
      }
    }
  })

  t.test('a theme that is chosen stays', async (t) => {
    const theme = (): Promise<unknown> => page.evaluate('document.documentElement.dataset.theme')
    await page.getByRole('button', { name: /^Theme/ }).click()
    await page.getByRole('button', { name: /^Theme/ }).click()
    t.equal(await theme(), 'dark')
    await page.reload()
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor()
    t.equal(await theme(), 'dark')
  })

  t.test('a phone shows all of it in its width', async (t) => {
    const { page: phone, errors } = await tabOf(browser, origin, PHONE)
    await phone.goto(await linkOf(node))
    await phone.getByRole('heading', { name: 'Overview' }).waitFor()
    t.equal(await overflow(phone), 0)
    await phone.getByRole('link', { name: 'Tasks', exact: true }).tap()
    await phone.locator('[data-row]').first().waitFor()
    t.equal(await overflow(phone), 0)
    await phone.locator('[data-row]').first().tap()
    await phone.locator('article.task').waitFor()
    t.equal(await overflow(phone), 0)
    t.same(await axe(phone), [])
    await phone.getByRole('button', { name: 'Run a command' }).tap()
    await phone.getByRole('textbox', { name: 'Command' }).fill('echo from a phone')
    await phone.getByRole('button', { name: 'Run', exact: true }).tap()
    await phone.locator('.screen').getByText('from a phone').waitFor()
    t.same(errors, [])
    await phone.context().close()
  })

  t.test('nothing was wrong so far, and nobody else was asked', async (t) => {
    t.same(errors, [])
    t.same(strangers, [])
  })
})
