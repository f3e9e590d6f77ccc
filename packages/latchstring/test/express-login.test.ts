import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { SessionInfo } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { fakeClock } from '../src/testing/clock.ts'
import { Browser, json, type Reply, send, setCookiesOf, times } from './http/client.ts'
import { listen, newApp, type Site, type SiteOptions, startSite, testAuth } from './http/server.ts'
import { spyStore } from './support.ts'

declare module 'latchstring' {
  interface SessionData {
    draft?: string
    stage?: string
  }
}

const COOKIE = 'latchstring'

function start(t: TestContext, options: SiteOptions = {}): Promise<Site> {
  return startSite(t, options, (app, auth) => {
    app.post('/draft', (req, res) => {
      req.session.draft = req.body.text
      res.json({})
    })
    app.get('/data', (req, res) => res.json({ ...req.session, userId: req.session.userId }))
    app.get('/sessions', auth.authenticate, async (req, res) => {
      res.json(await auth.sessions.list(req.session.userId ?? ''))
    })
    app.get('/echo', auth.authenticate, (req, res) => {
      const { id, userId, createdAt, lastSeenAt, authentications } = req.session
      res.json({ id, userId, createdAt, lastSeenAt, authentications, data: { ...req.session } })
    })
    app.get('/public', (_, res) => res.json({}))
  })
}

async function isLoggedIn(origin: string, token: string): Promise<boolean> {
  const { status } = await send(origin, '/protected', { headers: { cookie: `${COOKIE}=${token}` } })
  return status === 200
}

function tokenIn(browser: Browser): string {
  const token = browser.jar.get(COOKIE)
  assert.ok(token !== undefined, 'the browser has a session cookie')
  return token
}

async function loggedIn(origin: string, body: object = {}): Promise<Browser> {
  const browser = new Browser(origin)
  const login = await browser.post('/login', body)
  assert.equal(login.status, 200)
  return browser
}

suite('session fixation', () => {
  test('S-10: the token presented at a login is dead after it, and was never logged in', async (t) => {
    const { origin } = await start(t)
    const victim = new Browser(origin)
    await victim.post('/draft', { text: 'planted' })
    const planted = tokenIn(victim)
    await victim.post('/login')
    assert.notEqual(tokenIn(victim), planted)
    assert.equal(await isLoggedIn(origin, planted), false)
    assert.equal(await isLoggedIn(origin, tokenIn(victim)), true)
  })

  test('S-10: each of several logins gives a new token and ends the one before', async (t) => {
    const { origin } = await start(t)
    const browser = await loggedIn(origin)
    const tokens = [tokenIn(browser)]
    for (let count = 0; count < 5; count++) {
      await browser.post('/login')
      tokens.push(tokenIn(browser))
    }
    const living = await Promise.all(tokens.map((token) => isLoggedIn(origin, token)))
    assert.deepEqual(living, [false, false, false, false, false, true])
    assert.equal(new Set(tokens).size, tokens.length)
  })

  test('S-03: values that nobody was given are never adopted, stored nor echoed', async (t) => {
    const store = spyStore(memoryStore())
    const { origin } = await start(t, { store })
    const invented = [
      'A'.repeat(43),
      'admin',
      '1',
      `${'A'.repeat(42)}=`,
      'A'.repeat(44),
      'A'.repeat(500),
      '%41'.repeat(43),
      `"${'A'.repeat(43)}"`,
      `s:${'A'.repeat(41)}`,
    ]
    for (const value of invented) {
      const headers = { cookie: `${COOKIE}=${value}` }
      for (const path of ['/public', '/data', '/protected']) {
        assert.deepEqual(setCookiesOf(await send(origin, path, { headers })), [], value)
      }
      const login = await send(origin, '/login', { method: 'POST', json: {}, headers })
      assert.notEqual(setCookiesOf(login)[0]?.value, value)
      assert.equal(await isLoggedIn(origin, value), false)
    }
    const writes = store.calls.filter((name) => name === 'write')
    assert.equal(writes.length, invented.length)
  })

  test('S-03: a visitor who writes with an invented token gets a token of ours', async (t) => {
    const { origin } = await start(t)
    const browser = new Browser(origin, [[COOKIE, 'B'.repeat(43)]])
    await browser.post('/draft', { text: 'x' })
    assert.notEqual(tokenIn(browser), 'B'.repeat(43))
  })

  test('S-11: data stored before a login authenticates nobody', async (t) => {
    const { origin } = await startSite(t, {}, (app) => {
      app.post('/first-factor', (req, res) => {
        Object.assign(req.session, { stage: 'ann', username: 'Ann', user: { id: 'ann' }, passport: 'ann' })
        res.json({})
      })
    })
    const browser = new Browser(origin)
    await browser.post('/first-factor')
    assert.equal(await isLoggedIn(origin, tokenIn(browser)), false)
  })
})

suite('whose data goes along at a login', () => {
  test('what a visitor stored goes along, also with what the same user stored', async (t) => {
    const { origin } = await start(t)
    const browser = new Browser(origin)
    await browser.post('/draft', { text: 'mine' })
    await browser.post('/login')
    assert.deepEqual(json(await browser.get('/data')), { draft: 'mine', username: 'Ann', userId: 'ann' })
    await browser.post('/login')
    assert.deepEqual(json(await browser.get('/data')), { draft: 'mine', username: 'Ann', userId: 'ann' })
  })

  test('a login as another user drops the data of the first', async (t) => {
    const { origin } = await start(t)
    const browser = await loggedIn(origin)
    const ann = tokenIn(browser)
    await browser.post('/draft', { text: 'of Ann' })
    await browser.post('/login', { id: 'bob', username: 'Bob' })
    assert.deepEqual(json(await browser.get('/data')), { username: 'Bob', userId: 'bob' })
    assert.equal(await isLoggedIn(origin, ann), false)
  })

  test('a login without a username leaves no username of anybody', async (t) => {
    const { origin } = await start(t)
    const browser = await loggedIn(origin)
    await browser.post('/login', { username: null })
    assert.deepEqual(json(await browser.get('/data')), { userId: 'ann' })
  })
})

test('a handler may try a login again that the store has refused once', async (t) => {
  const memory = memoryStore()
  let failures = 1
  const store = spyStore(memory, {
    write: (row) => (failures-- > 0 ? Promise.reject(new Error('busy')) : memory.write(row)),
  })
  const { origin } = await startSite(t, { store }, (app, auth) => {
    app.post('/patient', async (req, res) => {
      const logIn = async () => auth.generateSession(req, { id: 'ann' })
      await logIn().catch(logIn)
      res.json({})
    })
  })
  assert.equal((await new Browser(origin).post('/patient')).status, 200)
})

suite('remember me', () => {
  const DAY = 86_400_000
  const maxAgeOf = (reply: Reply) => setCookiesOf(reply)[0]?.attributes.get('max-age')

  test('C-04: without it the cookie ends with the browser, with it at the absolute timeout', async (t) => {
    const { origin } = await start(t)
    const browser = new Browser(origin)
    assert.equal(maxAgeOf(await browser.post('/login')), undefined)
    assert.equal(maxAgeOf(await browser.post('/login', { remember: true })), String((30 * DAY) / 1000))
    assert.equal(maxAgeOf(await browser.post('/login', { remember: false })), undefined)
  })

  test('C-04: Max-Age is what is left of the absolute timeout, and never more than 400 days', async (t) => {
    const { origin, clock } = await start(t, { renewal: { every: '1d' }, rememberTimeout: '20d' })
    const browser = await loggedIn(origin, { remember: true })
    clock.advance(15 * DAY + 500)
    assert.equal(maxAgeOf(await browser.get('/protected')), String(5 * 86_400 - 1))

    const eternal = await start(t, { rememberTimeout: '1000d' })
    const login = await new Browser(eternal.origin).post('/login', { remember: true })
    assert.equal(maxAgeOf(login), '34560000')
  })

  test('C-04: a cookie that a client keeps past its expiry is refused', async (t) => {
    const { origin, clock } = await start(t, { rememberTimeout: '2d' })
    const token = tokenIn(await loggedIn(origin, { remember: true }))
    clock.advance(2 * DAY - 1)
    assert.equal(await isLoggedIn(origin, token), true)
    clock.advance(1)
    assert.equal(await isLoggedIn(origin, token), false)
  })

  test('remember takes true or false only, so that a form field cannot make a session that nobody can read', async (t) => {
    const { origin } = await start(t)
    for (const remember of ['on', 'true', 1, null, {}]) {
      const browser = new Browser(origin)
      const reply = await browser.post('/login', { remember })
      assert.equal(reply.status, 500)
      assert.match(reply.body, /remember takes true or false/)
      assert.deepEqual(setCookiesOf(reply), [])
    }
  })
})

suite('where a token is accepted and where it shows', () => {
  test('S-07, T21: only our own cookie logs in, and nothing else that carries the token', async (t) => {
    const { origin } = await start(t)
    const token = tokenIn(await loggedIn(origin))
    const pair = `${COOKIE}=${token}`
    const elsewhere: Record<string, string>[] = [
      { authorization: `Bearer ${token}` },
      { authorization: token },
      { authorization: `Session ${token}` },
      { 'x-session': token },
      { 'x-auth-token': token },
      { [COOKIE]: token },
      { cookie2: pair },
      { 'x-cookie': pair },
      ...['session', 'sid', 'connect.sid', 'Latchstring', 'LATCHSTRING', `x${COOKIE}`, `${COOKIE}x`].map(
        (name) => ({ cookie: `${name}=${token}` }),
      ),
      { cookie: `__Host-Http-${pair}` },
      { cookie: `__Host-${pair}` },
      { cookie: `x=1,${pair}` },
      { cookie: `x="; ${pair}"` },
      { cookie: `\u00a0${pair}` },
      { cookie: `${COOKIE}="${token}"` },
    ]
    for (const headers of elsewhere) {
      const reply = await send(origin, '/protected', { headers })
      assert.equal(reply.status, 401, JSON.stringify(headers))
    }
    const paths = [
      `/protected?${pair}`,
      `/protected?token=${token}&sid=${token}`,
      `/protected/${token}`,
      `/protected;${pair}`,
      `/protected#${pair}`,
    ]
    for (const path of paths) assert.notEqual((await send(origin, path)).status, 200, path)
    const body = await send(origin, '/protected', { json: { [COOKIE]: token, token } })
    assert.equal(body.status, 401)
    assert.equal(await isLoggedIn(origin, token), true)
  })

  test('C-07: two cookies of our name are no session, in any order', async (t) => {
    const { origin, events } = await start(t)
    const ann = tokenIn(await loggedIn(origin))
    const bob = tokenIn(await loggedIn(origin, { id: 'bob' }))
    for (const [first, second] of [
      [ann, bob],
      [bob, ann],
      [ann, 'x'],
      ['x', ann],
    ]) {
      const headers = { cookie: `${COOKIE}=${first}; ${COOKIE}=${second}` }
      assert.equal((await send(origin, '/protected', { headers })).status, 401)
    }
    assert.equal(events.filter(({ type }) => type === 'cookie.duplicate').length, 4)
  })

  test('S-07: no body and no header but Set-Cookie ever holds the token', async (t) => {
    const { origin } = await start(t, { loginPage: '/sign-in', renewal: { every: '1m' } })
    const browser = new Browser(origin)
    const replies = [await browser.post('/draft', { text: 'x' }), await browser.post('/login')]
    const tokens = [tokenIn(browser)]
    for (const path of ['/protected', '/echo', '/sessions', '/data', '/nowhere']) {
      replies.push(await browser.get(path, { accept: 'text/html' }))
    }
    tokens.push(tokenIn(browser))
    replies.push(await browser.post('/logout'), await browser.get('/protected', { accept: 'text/html' }))
    for (const { body, headers } of replies) {
      const text = JSON.stringify({ body, ...headers, 'set-cookie': undefined })
      for (const token of tokens) assert.equal(text.includes(token), false)
    }
  })

  test('S-06: the cookie holds 32 bytes without structure, and nothing of the user', async (t) => {
    const { origin } = await start(t)
    const body = { id: 'user-4711', username: 'ann@example.com' }
    const browsers = await times(20, () => loggedIn(origin, body))
    const tokens = browsers.map(tokenIn)
    assert.equal(new Set(tokens).size, tokens.length)
    for (const token of tokens) {
      const bytes = Buffer.from(token, 'base64url')
      assert.equal(bytes.length, 32)
      assert.throws(() => JSON.parse(bytes.toString()))
      for (const text of [token, bytes.toString('latin1')]) assert.doesNotMatch(text, /user-4711|ann@example/)
    }
  })

  test('S-05: no text in the list of sessions nor on req.session works as a cookie', async (t) => {
    const { origin } = await start(t)
    const browser = await loggedIn(origin)
    await loggedIn(origin)
    const listed = json(await browser.get('/sessions'))
    assert.ok(Array.isArray(listed) && listed.length === 2)
    const texts = textsIn([listed, json(await browser.get('/echo'))])
    assert.ok(texts.length > 8)
    for (const text of texts) assert.equal(await isLoggedIn(origin, encodeURIComponent(text)), false, text)
  })
})

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => [key, ...textsIn(member)])
}

suite('the sessions of a user', () => {
  test('F-09: list, revoke, revokeOthers and revokeAll end exactly the sessions that they mean', async (t) => {
    const { origin, auth } = await start(t)
    const browsers = await times(4, () => loggedIn(origin))
    const bob = await loggedIn(origin, { id: 'bob' })
    const ids = await Promise.all(browsers.map((browser) => sessionIdOf(browser)))
    const alive = () => Promise.all(browsers.map((browser) => isLoggedIn(origin, tokenIn(browser))))
    const [first = '', second = ''] = ids

    assert.deepEqual(new Set((await auth.sessions.list('ann')).map(({ id }) => id)), new Set(ids))
    assert.equal(await auth.sessions.revoke('bob', first), false)
    assert.equal(await auth.sessions.revoke('ann', first), true)
    assert.equal(await auth.sessions.revoke('ann', first), false)
    assert.deepEqual(await alive(), [false, true, true, true])

    assert.equal(await auth.sessions.revokeOthers('ann', second), 2)
    assert.deepEqual(await alive(), [false, true, false, false])

    assert.equal(await auth.sessions.revokeAll('ann'), 1)
    assert.deepEqual(await alive(), [false, false, false, false])
    assert.equal(await isLoggedIn(origin, tokenIn(bob)), true)
    assert.deepEqual(await auth.sessions.list('ann'), [])
  })

  test('F-09: of 20 parallel revocations of one session exactly one is told that it was there', async (t) => {
    const { origin, auth } = await start(t)
    const id = await sessionIdOf(await loggedIn(origin))
    const told = await times(20, () => auth.sessions.revoke('ann', id))
    assert.equal(told.filter((wasThere) => wasThere).length, 1)
  })

  test('S-12, S-22: a log-out and a revocation on one node are known to the other at once', async (t) => {
    const [store, clock] = [memoryStore(), fakeClock()]
    const one = await start(t, { store, clock })
    const other = await start(t, { store, clock })
    const browser = await loggedIn(one.origin)
    const token = tokenIn(browser)
    assert.equal(await isLoggedIn(other.origin, token), true)
    await browser.post('/logout')
    assert.equal(await isLoggedIn(other.origin, token), false)

    const second = tokenIn(await loggedIn(other.origin))
    assert.equal(await isLoggedIn(one.origin, second), true)
    await other.auth.sessions.revokeAll('ann')
    assert.equal(await isLoggedIn(one.origin, second), false)
  })

  test('S-22: moving revokedBefore ends every session within one request, and new logins work', async (t) => {
    const clock = fakeClock()
    let moment = 0
    const { origin } = await start(t, { clock, revokedBefore: () => moment })
    const browsers = await times(5, (index) => loggedIn(origin, { id: `user-${index}`, remember: index > 2 }))
    clock.advance(1)
    moment = clock()
    const alive = await Promise.all(browsers.map((browser) => isLoggedIn(origin, tokenIn(browser))))
    assert.deepEqual(alive, Array(5).fill(false))
    assert.equal(await isLoggedIn(origin, tokenIn(await loggedIn(origin))), true)
  })

  test('S-22, T40: under load and on either node, each older cookie is dead at its next request', async (t) => {
    const [store, clock] = [memoryStore(), fakeClock()]
    let moment = 0
    const options = { store, clock, revokedBefore: () => moment }
    const nodes = [await start(t, options), await start(t, options)]
    const [one, other] = nodes.map(({ origin }) => origin)
    assert.ok(one !== undefined && other !== undefined)
    const older = await times(20, (index) => loggedIn(index % 2 === 0 ? one : other, { id: `user-${index}` }))
    clock.advance(1)

    let isOver = false
    const answers = { before: 0, accepted: 0, refused: 0, others: 0 }
    const load = times(20, async (index) => {
      const browser = new Browser(index % 2 === 0 ? other : one, older[index]?.jar)
      while (!isOver) {
        const isBefore = moment === 0
        const { status } = await browser.get('/protected')
        // What is sent before the moment may be answered either way.
        if (isBefore) answers.before += status === 200 ? 1 : 0
        else answers[status === 200 ? 'accepted' : status === 401 ? 'refused' : 'others']++
      }
    })
    while (answers.before < 200) await turn()
    moment = clock()
    const newer = await loggedIn(one, { id: 'user-0' })
    while (answers.refused < 200 && answers.accepted === 0) await turn()
    assert.equal(await isLoggedIn(other, tokenIn(newer)), true)
    isOver = true
    await load
    assert.deepEqual([answers.accepted, answers.others], [0, 0])
  })

  async function sessionIdOf(browser: Browser): Promise<string> {
    const echoed = json(await browser.get('/echo'))
    assert.ok(typeof echoed === 'object' && echoed !== null && 'id' in echoed)
    return String(echoed.id)
  }
})

suite('what is noted of the device', () => {
  const LONG = 'x'.repeat(1_000)

  async function deviceSeen(
    t: TestContext,
    trustProxy: unknown,
    headers: Record<string, string>,
  ): Promise<SessionInfo['device'] | undefined> {
    const { auth } = testAuth(t)
    const app = newApp()
    if (trustProxy !== undefined) app.set('trust proxy', trustProxy)
    app.use(auth.sessionMiddleware)
    app.post('/login', async (req, res) => {
      await auth.generateSession(req, { id: 1 })
      res.json({})
    })
    const origin = await listen(t, app)
    await send(origin, '/login', { method: 'POST', headers })
    const [session] = await auth.sessions.list(1)
    return session?.device
  }

  test('the User-Agent is cut to 256 characters, and may be missing', async (t) => {
    assert.equal((await deviceSeen(t, undefined, { 'user-agent': LONG }))?.userAgent, LONG.slice(0, 256))
    assert.equal((await deviceSeen(t, undefined, {}))?.userAgent, null)
  })

  test('the address is the one that trust proxy gives, counted from the right', async (t) => {
    const headers = { 'x-forwarded-for': '198.51.100.66, 203.0.113.9' }
    assert.equal((await deviceSeen(t, undefined, headers))?.address, '127.0.0.1')
    assert.equal((await deviceSeen(t, 1, headers))?.address, '203.0.113.9')
    assert.equal((await deviceSeen(t, 'loopback', headers))?.address, '203.0.113.9')
    assert.equal((await deviceSeen(t, 2, headers))?.address, '198.51.100.66')
  })

  test('with trust proxy set to true the address is that of the socket, which no client can invent', async (t) => {
    const headers = { 'x-forwarded-for': '198.51.100.66' }
    assert.equal((await deviceSeen(t, true, headers))?.address, '127.0.0.1')
  })

  test('an address of a header is cut to 64 characters', async (t) => {
    assert.equal((await deviceSeen(t, 1, { 'x-forwarded-for': LONG }))?.address, LONG.slice(0, 64))
  })
})
