import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import session from 'express-session'
import { createAuth } from 'latchstring/express'
import { expressSession } from 'latchstring/migrate'
import { memoryStore } from 'latchstring/stores/memory'
import { createShop } from '../../../../docs/examples/migration.ts'
import { answer, Browser, json } from '../http/client.ts'
import { listen } from '../http/server.ts'
import { browserAt, DAY, oldBrowser, rowOf, SECRET, sidOf } from '../migration/support.ts'
import { codesIn, rowsUnder, textOf } from './pageText.ts'

const CREDENTIALS = { username: 'ann', password: 'correct horse battery' }

async function startShop(t: TestContext, oldStore: session.Store): Promise<string> {
  const until = new Date(Date.now() + DAY)
  const { app, auth } = createShop(memoryStore(), { secret: SECRET, store: oldStore, until })
  t.after(() => auth.close())
  return listen(t, app)
}

test('the program of docs/migration.md goes on with the sessions of express-session and passport', async (t) => {
  const oldStore = new session.MemoryStore()
  const before = await oldBrowser(t, oldStore, { passport: { user: 'u-1' }, cart: ['tea'] })
  const origin = await startShop(t, oldStore)
  const browser = browserAt(origin, before)
  assert.deepEqual(answer(await browser.get('/cart')), [200, { userId: 'u-1', cart: ['tea'] }])
  assert.equal(await rowOf(oldStore, sidOf(before)), null)
  const { moved, left } = Object(json(await browser.get('/migration')))
  assert.deepEqual([moved, left], [1, 0])
  await browser.post('/logout')
  assert.equal((await browser.get('/cart')).status, 401)
  assert.equal((await browserAt(origin, before).get('/cart')).status, 401)
})

test('the program of docs/migration.md logs new users in and out', async (t) => {
  const browser = new Browser(await startShop(t, new session.MemoryStore()))
  assert.equal((await browser.post('/login', { ...CREDENTIALS, password: 'x' })).status, 401)
  assert.equal((await browser.post('/login', CREDENTIALS)).status, 200)
  assert.deepEqual(answer(await browser.get('/cart')), [200, { userId: 'u-1', cart: [] }])
})

test('docs/migration.md names every counter and every reason for a refusal', async (t) => {
  const from = expressSession({ secret: SECRET, store: new session.MemoryStore() })
  const auth = createAuth({ migrate: { from, until: new Date(Date.now() + DAY) } })
  t.after(() => auth.close())
  const stats = (await auth.migration?.stats()) ?? { refused: {} }
  const rows = rowsUnder('### The window', 'docs/migration.md')
  assert.deepEqual(rows.flatMap(([first = '']) => codesIn(first)).sort(), Object.keys(stats).sort())
  const reasons = rows.flatMap(([name = '', text = '']) => (name.includes('refused') ? codesIn(text) : []))
  for (const reason of Object.keys(stats.refused)) assert.ok(reasons.includes(reason), reason)
  assert.match(textOf('docs/migration.md'), /\]\(decisions\/0019-migration\.md\)/)
})
