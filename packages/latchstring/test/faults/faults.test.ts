import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { KINDS } from '../../../../scripts/servers/kinds.ts'
import { openStore, type Place } from '../history/stores.ts'
import { Browser, type Reply } from '../http/client.ts'
import { createApp, listen, testAuth } from '../http/server.ts'
import { createDatabase, describeWith } from '../servers.ts'
import { FaultyNetwork, type Weather } from './proxy.ts'

const DEADLINE = 1_000
/** For everything else that a request takes on a busy machine. */
const SLACK = 1_000
const RECOVERY = 2_000
/** Of the pools that the tests open, and some that are being replaced. */
const MOST_CONNECTIONS = 16

const BAD_WEATHER: readonly Weather[] = ['refuse', 'stall', 'cut', 'garbage']

for (const kind of ['postgres', 'mysql'] as const) {
  describeWith(kind, `faults between a node and ${KINDS[kind].title}`, () => {
    eachWeather(async (t) => {
      const { url, drop } = await createDatabase(kind)
      t.after(drop)
      return { kind, url, prefix: '' }
    })
  })
}

describeWith('redis', 'faults between a node and Redis', (url) => {
  eachWeather(async () => ({ kind: 'redis', url, prefix: `faults-${randomUUID()}:` }))
})

function eachWeather(place: (t: TestContext) => Promise<Place>): void {
  for (const weather of BAD_WEATHER) {
    test(`F-01, F-02: ${weather}: 503 within the deadline and no cookie, and sessions work again afterwards`, async (t) => {
      const site = await startSite(t, await place(t))
      const browser = new Browser(site.origin)
      assert.equal((await browser.post('/login')).status, 200)
      assert.equal((await browser.get('/protected')).status, 200)
      site.proxy.weather = weather
      await staysUnknown(site, browser)
      site.proxy.weather = 'fair'
      await recovers(browser)
      assert.ok(site.proxy.mostOpen <= MOST_CONNECTIONS, `${site.proxy.mostOpen} connections`)
    })
  }
}

interface Site {
  readonly origin: string
  readonly proxy: FaultyNetwork
}

async function startSite(t: TestContext, place: Place): Promise<Site> {
  const url = new URL(place.url)
  const proxy = new FaultyNetwork({ host: url.hostname, port: Number(url.port) })
  t.after(() => proxy.close())
  url.port = String(await proxy.listen())
  const { store, close } = await openStore({ ...place, url: url.href })
  const { auth } = testAuth(t, { store })
  const origin = await listen(t, createApp(auth))
  t.after(() => Promise.race([close(), sleep(1_000, undefined, { ref: false })]))
  return { origin, proxy }
}

/** Twice over and side by side: the failure must not be of the first request only. */
async function staysUnknown({ origin }: Site, browser: Browser): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const requests = [
      browser.get('/protected'),
      browser.copy().post('/logout'),
      new Browser(origin).post('/login'),
      ...Array.from({ length: 20 }, () => browser.get('/protected')),
    ]
    for (const reply of await Promise.all(requests.map(timed))) assertUnknown(reply)
  }
}

function assertUnknown({ reply, took }: { reply: Reply; took: number }): void {
  assert.equal(reply.status, 503, reply.body)
  assert.equal(reply.headers['set-cookie'], undefined)
  assert.ok(took < DEADLINE + SLACK, `answered after ${took} ms`)
}

async function timed(request: Promise<Reply>): Promise<{ reply: Reply; took: number }> {
  const sentAt = performance.now()
  const reply = await request
  return { reply, took: performance.now() - sentAt }
}

/** Without a restart, and still logged in: nothing took the outage for a log-out. */
async function recovers(browser: Browser): Promise<void> {
  const since = performance.now()
  for (;;) {
    const { status } = await browser.get('/protected')
    if (status === 200) return
    assert.equal(status, 503)
    assert.ok(performance.now() - since < RECOVERY + DEADLINE, 'sessions did not work again in time')
    await sleep(50)
  }
}

suite('the network of these tests', () => {
  test('lets everything through in fair weather', async (t) => {
    const origin = await listen(t, (_, response) => response.end('hello'))
    const { hostname, port } = new URL(origin)
    const proxy = new FaultyNetwork({ host: hostname, port: Number(port) })
    t.after(() => proxy.close())
    const through = new Browser(`http://127.0.0.1:${await proxy.listen()}`)
    assert.equal((await through.get('/')).body, 'hello')
  })
})
