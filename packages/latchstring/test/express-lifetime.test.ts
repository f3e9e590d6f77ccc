import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { memoryStore } from 'latchstring/stores/memory'
import { fakeClock } from '../src/testing/clock.ts'
import { Browser, setCookiesOf, times } from './http/client.ts'
import { gate, type Site, type SiteOptions, startSite } from './http/server.ts'

declare module 'latchstring' {
  interface SessionData {
    text?: string
  }
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

async function loggedIn(origin: string, body: object = {}): Promise<Browser> {
  const browser = new Browser(origin)
  await browser.post('/login', body)
  return browser
}

async function isAlive(browser: Browser): Promise<boolean> {
  return (await browser.get('/protected')).status === 200
}

suite('timeouts', () => {
  test('S-15: a session is alive one millisecond before the idle timeout and dead at it', async (t) => {
    for (const idleTimeout of ['10m', '12h', undefined] as const) {
      const { origin, clock } = await startSite(t, idleTimeout === undefined ? {} : { idleTimeout })
      const idle = idleTimeout === '10m' ? 10 * MINUTE : 12 * HOUR
      const browser = await loggedIn(origin)
      clock.advance(idle - 1)
      assert.equal(await isAlive(browser), true)
      clock.advance(idle - 1)
      assert.equal(await isAlive(browser), true)
      clock.advance(idle)
      assert.equal(await isAlive(browser), false)
    }
  })

  test('S-15: touches that are left out only ever shorten a session', async (t) => {
    const { origin, clock } = await startSite(t, { idleTimeout: '10m' })
    const browser = await loggedIn(origin)
    clock.advance(MINUTE - 1)
    assert.equal(await isAlive(browser), true)
    clock.advance(10 * MINUTE)
    assert.equal(await isAlive(browser), false)
  })

  test('S-16: continuous traffic ends exactly at the absolute timeout, on every node', async (t) => {
    const [store, clock] = [memoryStore(), fakeClock()]
    const nodes = [await startSite(t, { store, clock }), await startSite(t, { store, clock })]
    const [first, second] = nodes
    assert.ok(first !== undefined && second !== undefined)
    const browser = await loggedIn(first.origin)
    const onOther = new Browser(second.origin, browser.jar)
    for (let passed = 6 * HOUR; passed < 7 * DAY; passed += 6 * HOUR) {
      clock.advance(6 * HOUR)
      assert.equal(await isAlive(passed % DAY === 0 ? onOther : browser), true)
    }
    clock.advance(6 * HOUR - 1)
    assert.equal(await isAlive(browser), true)
    clock.advance(1)
    assert.deepEqual([await isAlive(browser), await isAlive(onOther)], [false, false])
  })

  test('S-16: neither renewal nor remember me moves the absolute timeout', async (t) => {
    const { origin, clock } = await startSite(t, {
      renewal: { every: '1h' },
      rememberTimeout: '3d',
      absoluteTimeout: '1d',
    })
    const ordinary = await loggedIn(origin)
    const remembered = await loggedIn(origin, { remember: true })
    for (let hours = 1; hours < 72; hours++) {
      clock.advance(HOUR)
      assert.equal(await isAlive(ordinary), hours < 24)
      assert.equal(await isAlive(remembered), true)
    }
    clock.advance(HOUR)
    assert.equal(await isAlive(remembered), false)
  })

  test('a remembered session has no idle timeout', async (t) => {
    const { origin, clock } = await startSite(t, { idleTimeout: '10m' })
    const browser = await loggedIn(origin, { remember: true })
    clock.advance(29 * DAY)
    assert.equal(await isAlive(browser), true)
  })
})

suite('renewal of the token', () => {
  const RENEWING: SiteOptions = { renewal: { every: '10m', grace: '10s' } }

  test('S-17, T33: 100 parallel requests at the renewal all succeed, with exactly one new token', async (t) => {
    const [store, clock] = [memoryStore(), fakeClock()]
    const options = { ...RENEWING, store, clock }
    const nodes = [await startSite(t, options), await startSite(t, options)]
    const browser = await loggedIn(nodes[0]?.origin ?? '')
    const before = browser.cookie
    clock.advance(10 * MINUTE)
    const replies = await times(100, (index) =>
      new Browser(nodes[index % 2]?.origin ?? '', browser.jar).get('/protected'),
    )
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
    const tokens = new Set(replies.flatMap((reply) => setCookiesOf(reply).map(({ value }) => value)))
    assert.equal(tokens.size, 1)
    assert.equal(before.includes([...tokens][0] ?? before), false)
  })

  test('S-17, T33: the old token after the grace period ends the session for the thief and for the owner', async (t) => {
    const { origin, clock, events } = await startSite(t, RENEWING)
    const owner = await loggedIn(origin)
    const thief = owner.copy()
    const other = await loggedIn(origin)
    clock.advance(10 * MINUTE)
    assert.equal(await isAlive(owner), true)
    clock.advance(10_000 - 1)
    assert.equal(await isAlive(thief.copy()), true)
    clock.advance(1)
    assert.equal(await isAlive(thief), false)
    assert.equal(await isAlive(owner), false)
    assert.equal(await isAlive(other), true)
    assert.ok(events.some(({ type }) => type === 'session.token_reused'))
  })

  test('S-17: data written under the old token in the grace period reaches the session', async (t) => {
    const { origin, clock } = await startSite(t, RENEWING, (app) => {
      app.post('/write', (req, res) => {
        req.session.text = 'kept'
        res.json({})
      })
      app.get('/read', (req, res) => res.json({ text: req.session.text }))
    })
    const browser = await loggedIn(origin)
    const slow = browser.copy()
    clock.advance(10 * MINUTE)
    await browser.get('/protected')
    await slow.post('/write')
    assert.equal((await browser.get('/read')).body, '{"text":"kept"}')
    assert.equal(slow.cookie, browser.cookie)
  })

  test('S-17: a log-out under either token ends both', async (t) => {
    const { origin, clock } = await startSite(t, RENEWING)
    for (const useOld of [true, false]) {
      const browser = await loggedIn(origin)
      const old = browser.copy()
      clock.advance(10 * MINUTE)
      await browser.get('/protected')
      const renewed = browser.copy()
      await (useOld ? old.copy() : renewed.copy()).post('/logout')
      assert.deepEqual([await isAlive(old), await isAlive(renewed)], [false, false])
    }
  })
})

suite('a log-out while other requests are on their way', () => {
  interface SlowSite extends Site {
    /** Starts a request that has read the session and waits before it goes on. */
    slow(browser: Browser, task: string): Promise<{ finish: () => ReturnType<Browser['get']> }>
  }

  async function startSlow(t: TestContext, options: SiteOptions = {}): Promise<SlowSite> {
    let arrived = gate()
    let released = gate()
    const site = await startSite(t, options, (app, auth) => {
      app.post('/write', (req, res) => {
        req.session.text = 'now'
        res.json({})
      })
      app.post('/slow/:task', auth.authenticate, async (req, res) => {
        const { session } = req
        arrived.open()
        await released.opened
        const { task } = req.params
        if (task === 'write') session.text = 'late'
        if (task === 'update') session.update('text', () => 'late')
        if (task === 'save') {
          session.text = 'late'
          await session.save()
        }
        if (task === 'touch') session.touch()
        res.json({})
      })
    })
    const slow: SlowSite['slow'] = async (browser, task) => {
      arrived = gate()
      released = gate()
      const reply = browser.post(`/slow/${task}`)
      await arrived.opened
      return {
        finish: () => {
          released.open()
          return reply
        },
      }
    }
    return { ...site, slow }
  }

  for (const task of ['write', 'update', 'save', 'touch', 'nothing']) {
    test(`S-13, T03: a slow request that does ${task} brings no session back, and never sets its cookie again`, async (t) => {
      const { origin, slow, clock } = await startSlow(t, { renewal: { every: '10m' } })
      const tab = await loggedIn(origin)
      const other = tab.copy()
      const witness = tab.copy()
      clock.advance(10 * MINUTE)
      const request = await slow(other, task)
      await tab.post('/logout')
      const reply = await request.finish()
      for (const { value, attributes } of setCookiesOf(reply)) {
        assert.deepEqual([value, attributes.get('max-age')], ['', '0'])
      }
      assert.deepEqual(await Promise.all([tab, other, witness].map(isAlive)), [false, false, false])
      if (task === 'write' || task === 'update' || task === 'save') assert.equal(other.cookie, '')
    })
  }

  test('S-13: the dropped change is reported, with its keys', async (t) => {
    const { origin, slow, events } = await startSlow(t)
    const tab = await loggedIn(origin)
    const request = await slow(tab.copy(), 'write')
    await tab.post('/logout')
    await request.finish()
    const [lost] = events.filter(({ type }) => type === 'session.lost_update')
    assert.ok(lost?.type === 'session.lost_update')
    assert.deepEqual([lost.keys, lost.userId], [['text'], 'ann'])
  })

  test('S-13: a slow request of the old session changes nothing in the one of the next login', async (t) => {
    const { origin, slow } = await startSlow(t)
    const tab = await loggedIn(origin)
    const request = await slow(tab.copy(), 'write')
    await tab.post('/logout')
    await tab.post('/login', { id: 'bob', username: 'Bob' })
    await request.finish()
    assert.equal((await tab.get('/protected')).body.includes('Bob'), true)
  })

  test('S-13: a revocation ends a session under a slow request as well', async (t) => {
    const { origin, slow, auth } = await startSlow(t)
    const tab = await loggedIn(origin)
    const request = await slow(tab.copy(), 'save')
    await auth.sessions.revokeAll('ann')
    await request.finish()
    assert.equal(await isAlive(tab), false)
    assert.deepEqual(await auth.sessions.list('ann'), [])
  })

  test('S-13: of a log-out and 20 writes at the same moment the log-out wins', async (t) => {
    const { origin, auth } = await startSlow(t)
    const tab = await loggedIn(origin)
    const [before, after, witness] = [tab.copy(), tab.copy(), tab.copy()]
    const writes = times(10, () => before.copy().post('/write'))
    const logout = tab.post('/logout')
    const replies = await Promise.all([writes, logout, times(10, () => after.copy().post('/write'))])
    assert.equal(replies[1].status, 200)
    assert.equal(await isAlive(witness), false)
    assert.deepEqual(await auth.sessions.list('ann'), [])
  })
})
