import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Browser } from '../http/client.ts'
import { listen } from '../http/server.ts'
import { describeWith } from '../servers.ts'
import { CLIENTS, type Client } from './clients.ts'
import { livedTime } from './livedTime.ts'
import { FaultyNetworks, type Weather } from './proxy.ts'
import { assertUnknown, DEADLINE, logIn, type Site, startSite, timed } from './site.ts'

const RECOVERY = 2_000

const BAD_WEATHER: readonly Weather[] = ['refuse', 'stall', 'cut', 'garbage']

const NAME =
  'F-01, F-02: 503 within the deadline and no cookie in any weather, and sessions work again afterwards'

for (const client of CLIENTS) {
  describeWith(client.kind, `faults between a node and ${client.name}`, () => {
    test(NAME, { concurrency: true }, async (t) => {
      await Promise.all(BAD_WEATHER.map((weather) => t.test(weather, (t) => survives(t, client, weather))))
    })
  })
}

async function survives(t: TestContext, client: Client, weather: Weather): Promise<void> {
  const site = await startSite(t, client)
  const browser = await logIn(site.origin)
  site.networks.turn(weather)
  await staysUnknown(site, browser)
  site.networks.turn('fair')
  await recovers(browser)
  const { mostOpen } = site.networks
  assert.ok(mostOpen <= 2 * client.connections, `${mostOpen} connections`)
}

/** Twice over and side by side: the failure must not be of the first request only. */
async function staysUnknown({ origin }: Site, browser: Browser): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const requests = [
      () => browser.get('/protected'),
      () => browser.copy().post('/logout'),
      () => new Browser(origin).post('/login'),
      ...Array.from({ length: 20 }, () => () => browser.get('/protected')),
    ]
    for (const reply of await Promise.all(requests.map(timed))) assertUnknown(reply)
  }
}

/** Without a restart, and still logged in: nothing took the outage for a log-out. */
async function recovers(browser: Browser): Promise<void> {
  const since = livedTime()
  for (;;) {
    const { status } = await browser.get('/protected')
    if (status === 200) return
    assert.equal(status, 503)
    assert.ok(livedTime() - since < RECOVERY + DEADLINE, 'sessions did not work again in time')
    await sleep(50)
  }
}

suite('the network of these tests', () => {
  test('lets everything through in fair weather', async (t) => {
    const networks = await FaultyNetworks.to(await listen(t, (_, response) => response.end('hello')))
    t.after(() => networks.close())
    const through = new Browser(networks.urls[0] ?? '')
    assert.equal((await through.get('/')).body, 'hello')
  })

  test('holds back everything while it is frozen, and loses nothing', async (t) => {
    const networks = await FaultyNetworks.to(await listen(t, (_, response) => response.end('hello')))
    t.after(() => networks.close())
    const through = new Browser(networks.urls[0] ?? '')
    await through.get('/')
    networks.turn('freeze')
    const replies = Promise.all([through.get('/'), through.get('/')])
    assert.equal(await Promise.race([replies, sleep(100, 'silence')]), 'silence')
    networks.turn('fair')
    assert.deepEqual(
      (await replies).map(({ body }) => body),
      ['hello', 'hello'],
    )
  })
})
