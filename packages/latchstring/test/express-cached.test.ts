import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Row } from '../src/core/types.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { Browser } from './http/client.ts'
import { startSite } from './http/server.ts'
import { spyStore } from './support.ts'

/** A store whose cache answers with the first row that it saw, for ever. */
function stuckCache() {
  const memory = memoryStore()
  const seen = new Map<string, Row | null>()
  const read = async (key: string) => {
    if (!seen.has(key)) seen.set(key, await memory.read(key))
    return seen.get(key) ?? null
  }
  return { memory, store: Object.assign(spyStore(memory, { read }), { readFresh: memory.read.bind(memory) }) }
}

async function loggedIn(t: TestContext, store: ReturnType<typeof stuckCache>['store']) {
  const { origin, auth } = await startSite(t, { store }, (app, { requireRecent }) => {
    app.post('/delete', requireRecent({ within: '10m' }), (_, res) => void res.json({ deleted: true }))
  })
  const browser = new Browser(origin)
  await browser.post('/login')
  assert.equal((await browser.post('/delete')).status, 200)
  return { browser, auth }
}

test('S-23: requireRecent asks the store past its cache, and refuses a session that has ended', async (t) => {
  const { store } = stuckCache()
  const { browser, auth } = await loggedIn(t, store)
  await auth.sessions.revokeAll('ann')
  assert.equal((await browser.get('/protected')).status, 200, 'the cache is not stuck')
  assert.equal((await browser.post('/delete')).status, 401)
})

test('F-01: requireRecent answers 503 while the store behind the cache does not answer', async (t) => {
  const { store } = stuckCache()
  const { browser } = await loggedIn(t, store)
  store.readFresh = () => Promise.reject(new Error('down'))
  const reply = await browser.post('/delete')
  assert.equal(reply.status, 503)
  assert.equal(reply.headers['set-cookie'], undefined)
})

test('requireRecent lets a visitor be refused without asking the store', async (t) => {
  const { store } = stuckCache()
  const { browser } = await loggedIn(t, store)
  browser.jar.clear()
  store.calls.length = 0
  assert.equal((await browser.post('/delete')).status, 401)
  assert.deepEqual(store.calls, [])
})
