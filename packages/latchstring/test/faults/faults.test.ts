import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Browser, type Reply } from '../http/client.ts'
import { listen } from '../http/server.ts'
import { describeWith } from '../servers.ts'
import { CLIENTS, type Client } from './clients.ts'
import { livedTime } from './livedTime.ts'
import { FaultyNetworks, type Weather } from './proxy.ts'
import {
  assertUnknown,
  DEADLINE,
  logIn,
  type Site,
  SLACK,
  startSite,
  type TimedReply,
  timed,
} from './site.ts'

const RECOVERY = 2_000

/** Of the store for one request, one after the other. Each has a deadline of its own. */
const MOST_CALLS = 4

const BAD_WEATHER: readonly Weather[] = ['refuse', 'stall', 'cut', 'garbage']

for (const client of CLIENTS) {
  describeWith(client.kind, `faults between a node and ${client.name}`, () => {
    test('F-01, F-02, T87: 503 within the deadline and no cookie in any weather, and sessions work again afterwards', {
      concurrency: true,
    }, async (t) => {
      const survivals = BAD_WEATHER.map((weather) => t.test(weather, (t) => survives(t, client, weather)))
      await Promise.all([...survivals, t.test('rough', (t) => keepsItsWord(t, client))])
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

/** In rough weather some answers come in time. Those are true, and the others admit that nobody knows. */
async function keepsItsWord(t: TestContext, client: Client): Promise<void> {
  const site = await startSite(t, client)
  const anna = await logIn(site.origin)
  const leaving = await Promise.all(Array.from({ length: 10 }, () => logIn(site.origin)))
  site.networks.turn('rough')
  const reads = Promise.all(
    Array.from({ length: 40 }, (_, index) => later(index, () => anna.copy().get('/protected'))),
  )
  const coming = leaving.map(() => new Browser(site.origin))
  const logins = Promise.all(coming.map((browser, index) => later(index, () => browser.post('/login'))))
  const logouts = Promise.all(leaving.map((one, index) => later(index, () => one.copy().post('/logout'))))
  const answers = [await reads, await logins, await logouts]
  for (const answer of answers.flat()) assertTrueOrUnknown(answer)
  site.networks.turn('fair')
  await recovers(anna)
  await staysAs(coming, answers[1] ?? [], 200)
  await staysAs(leaving, answers[2] ?? [], 401)
}

function assertTrueOrUnknown({ reply, sentAt, answeredAt }: TimedReply): void {
  assert.ok(reply.status === 200 || reply.status === 503, `${reply.status} ${reply.body}`)
  if (reply.status === 503) assert.equal(reply.headers['set-cookie'], undefined)
  assert.ok(answeredAt - sentAt < MOST_CALLS * DEADLINE + SLACK, `answered after ${answeredAt - sentAt} ms`)
}

/** Spread over the time that the weather lasts. */
async function later(index: number, request: () => Promise<Reply>): Promise<TimedReply> {
  await sleep(index * 40)
  return timed(request)
}

/** What was acknowledged is so. */
async function staysAs(
  browsers: readonly Browser[],
  answers: readonly TimedReply[],
  status: number,
): Promise<void> {
  for (const [index, browser] of browsers.entries()) {
    if (answers[index]?.reply.status === 200) assert.equal((await browser.get('/protected')).status, status)
  }
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
