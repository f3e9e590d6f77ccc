import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { suite, type TestContext, test } from 'node:test'
import { redisStore } from '../src/stores/redis.ts'
import { Browser } from './http/client.ts'
import { type Site, startSite } from './http/server.ts'
import { eventually, nodeRedis, type OpenClient, PrivateRedis } from './redis-support.ts'

const cannotServe = spawnSync('redis-server', ['--version']).error !== undefined
const skip = cannotServe && 'redis-server is not installed'

interface Forgetful extends Site {
  readonly server: PrivateRedis
  readonly browser: Browser
  /** The moment before which everybody counts as logged out. */
  revokeBefore(moment: number): void
}

async function start(t: TestContext, ...options: string[]): Promise<Forgetful> {
  const server = await PrivateRedis.start(t, ...options)
  const { client, close }: OpenClient = await nodeRedis(server.url)
  t.after(close)
  let revokedBefore = 0
  const site = await startSite(t, { store: redisStore(client), revokedBefore: () => revokedBefore })
  const browser = new Browser(site.origin)
  assert.equal((await browser.post('/login')).status, 200)
  return {
    ...site,
    server,
    browser,
    revokeBefore: (moment) => {
      revokedBefore = moment
    },
  }
}

async function statusOf(browser: Browser): Promise<number> {
  return (await browser.copy().get('/protected')).status
}

/** As soon as the client has found the server again. */
async function comesTo(status: number, browser: Browser): Promise<void> {
  await eventually(async () => assert.equal(await statusOf(browser), status))
}

suite('Redis that', { skip }, () => {
  test('is emptied logs everybody out, as an answer and not as an error, and takes new logins (F-01, T89)', async (t) => {
    const { server, browser, origin, auth } = await start(t)
    server.command('FLUSHALL')
    assert.equal(await statusOf(browser), 401)
    assert.deepEqual(await auth.sessions.list('ann'), [])
    const again = new Browser(origin)
    assert.equal((await again.post('/login')).status, 200)
    assert.equal(await statusOf(again), 200)
    assert.equal(await statusOf(browser), 401)
  })

  test('keeps nothing over a restart has logged everybody out by then (T89)', async (t) => {
    const { server, browser, origin } = await start(t, '--appendonly', 'no', '--save', '')
    await server.kill()
    await server.restart()
    await comesTo(401, browser)
    assert.equal((await new Browser(origin).post('/login')).status, 200)
  })

  test('comes back with what it was before the log-outs brings sessions back, but not over revokedBefore (F-10, S-22, T89)', async (t) => {
    const { server, browser, auth, clock, revokeBefore } = await start(t, '--appendonly', 'no')
    server.command('SAVE')
    await auth.sessions.revokeAll('ann')
    assert.equal(await statusOf(browser), 401)
    await server.kill()
    await server.restart()
    await comesTo(200, browser)
    clock.advance(1)
    revokeBefore(clock())
    assert.equal(await statusOf(browser), 401)
  })
})
