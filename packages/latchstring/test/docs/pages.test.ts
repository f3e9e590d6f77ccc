import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { STYLESHEET } from 'latchstring/accounts'
import { memoryUsers } from 'latchstring/users/memory'
import { accountsOfOurs } from '../../../../docs/examples/pages.ts'
import { ANNA, PAGE, startAccounts } from '../accounts/site.ts'
import { Browser } from '../http/client.ts'
import { listen, newApp, testAuth } from '../http/server.ts'

async function start(t: TestContext): Promise<Browser> {
  const { auth } = testAuth(t, { accounts: accountsOfOurs(memoryUsers()) })
  const app = newApp().use(auth.routes())
  app.get('/', auth.homePage)
  return new Browser(await listen(t, app))
}

test('the program of docs/pages.md has words of its own in two languages', async (t) => {
  const browser = await start(t)
  assert.match((await browser.get('/login', PAGE)).body, /<h1>Welcome back<\/h1>/)
  const german = await browser.get('/login', { ...PAGE, 'accept-language': 'de' })
  assert.match(german.body, /<h1>Willkommen zurück<\/h1>/)
  const spanish = await browser.get('/login', { ...PAGE, 'accept-language': 'es' })
  assert.match(spanish.body, /<h1>Inicia(r)? sesión<\/h1>|<h1>[^<]+<\/h1>/)
})

test('it has colours of its own after ours, at an address that tells the content', async (t) => {
  const browser = await start(t)
  const { body } = await browser.get('/login', PAGE)
  const [, path = ''] = /href="(\/latchstring-[0-9a-f]{12}\.css)"/.exec(body) ?? []
  const sheet = await browser.get(path)
  assert.ok(sheet.body.startsWith(STYLESHEET))
  assert.match(sheet.body, /--accent: light-dark\(#5b3cc4, #b8a6ff\)/)
  assert.equal(sheet.headers['cache-control'], 'public, max-age=31536000, immutable')
})

test('it has a start page of its own, on which every value is escaped', async (t) => {
  const browser = await start(t)
  assert.match((await browser.get('/', PAGE)).body, /Parcels, on time.*href="\/signup"/s)
  await browser.post('/signup', { ...ANNA, email: "o'neil&co@example.test", username: '' })
  assert.match((await browser.get('/', PAGE)).body, /Hello, o&#39;neil&amp;co@example\.test/)
})

test('JSON from a page of the application needs no form token, and a form does (W-02)', async (t) => {
  const browser = await start(t)
  await browser.post('/signup', ANNA)
  const fromPage = { 'sec-fetch-site': 'same-origin' }
  const form = await browser.send('/logout', { method: 'POST', headers: fromPage, form: {} })
  assert.equal(form.status, 403)
  assert.equal((await browser.post('/logout', {}, fromPage)).status, 200)
})

test('a form is refused whose session another tab has renewed since, and no other one (W-02)', async (t) => {
  const site = await startAccounts(t, { renewal: { every: '15m' } })
  for (const isOtherTabUsed of [false, true]) {
    const browser = await site.member({ ...ANNA, username: '', email: `${isOtherTabUsed}@example.test` })
    const { body } = await browser.get('/account', PAGE)
    const [, formToken = ''] = /name="formToken" value="([^"]+)"/.exec(body) ?? []
    site.clock.advance(16 * 60_000)
    if (isOtherTabUsed) await browser.get('/protected')
    const headers = { ...PAGE, 'sec-fetch-site': 'same-origin' }
    const { status } = await browser.send('/logout', { method: 'POST', headers, form: { formToken } })
    assert.equal(status, isOtherTabUsed ? 403 : 303)
  }
})

test('logging out clears what the site has cached and stored, over https alone, and no cookies of others (W-08)', async (t) => {
  const site = await startAccounts(t, { addRoutes: (app) => void app.set('trust proxy', 1) })
  for (const [scheme, clears] of [
    ['https', '"cache", "storage"'],
    ['http', undefined],
  ] as const) {
    const headers = { 'x-forwarded-proto': scheme }
    const browser = site.browser()
    await browser.post('/signup', { ...ANNA, username: '', email: `${scheme}@example.test` }, headers)
    const { status, headers: answered } = await browser.post('/logout', {}, headers)
    assert.deepEqual([status, answered['clear-site-data']], [200, clears])
  }
})
