import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ANNA, BERT, isLoggedIn, PASSWORD, type RunningApp, startApp } from './testing/app.ts'
import { PAGE, type Visitor } from './testing/visitor.ts'

/** A session as programs see it. */
interface SessionView {
  readonly id: string
  readonly current: boolean
  readonly createdAt: string
  readonly lastSeenAt: string
  readonly expiresAt: string
  readonly device: string
  readonly address: string | null
  readonly methods: readonly string[]
}

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) Version/26.1 Mobile/15E148 Safari/604.1'
const LAPTOP = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'

function hasSessions(body: unknown): body is { sessions: SessionView[] } {
  return typeof body === 'object' && body !== null && 'sessions' in body && Array.isArray(body.sessions)
}

async function sessionsOf(visitor: Visitor): Promise<SessionView[]> {
  const { body } = await visitor.get('/account/sessions')
  assert.ok(hasSessions(body))
  return body.sessions
}

async function idOf(visitor: Visitor): Promise<string> {
  const current = (await sessionsOf(visitor)).find((session) => session.current)
  assert.ok(current)
  return current.id
}

async function logIn(app: RunningApp, email: string, userAgent: string): Promise<Visitor> {
  const visitor = app.visitor()
  await visitor.post('/login', { email, password: PASSWORD }, { 'user-agent': userAgent })
  return visitor
}

suite('where somebody is logged in', () => {
  test('every session of the user is listed, this one first, and nobody else’s', async (t) => {
    const app = await startApp(t)
    await app.member(BERT)
    await app.member(ANNA)
    await logIn(app, ANNA.email, PHONE)
    const laptop = await logIn(app, ANNA.email, LAPTOP)

    const sessions = await sessionsOf(laptop)
    assert.equal(sessions.length, 3)
    assert.deepEqual(
      sessions.map(({ current }) => current),
      [true, false, false],
    )
    const [here] = sessions
    assert.ok(here)
    const fields = ['address', 'createdAt', 'current', 'device', 'expiresAt', 'id', 'lastSeenAt', 'methods']
    assert.deepEqual(Object.keys(here).sort(), fields)
    assert.equal(here.device, 'Firefox on Windows')
    assert.equal(here.address, '127.0.0.x')
    for (const time of [here.createdAt, here.lastSeenAt, here.expiresAt]) {
      assert.equal(new Date(time).toISOString(), time)
    }
    assert.ok(here.expiresAt > here.createdAt)
    assert.deepEqual(here.methods, ['password'])
  })

  test('the list holds nothing that opens a session', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    const token = visitor.sessionToken ?? ''
    assert.ok(token.length > 20)
    for (const headers of [{}, PAGE]) {
      assert.equal((await visitor.get('/account/sessions', headers)).text.includes(token), false)
    }
    const cookie = `latchstring=${await idOf(visitor)}`
    assert.equal((await visitor.get('/protected', { cookie })).status, 401)
  })

  test('a revoked session is out at once, and the others stay', async (t) => {
    const app = await startApp(t)
    const laptop = await app.member(ANNA)
    const phone = await logIn(app, ANNA.email, PHONE)
    const answer = await laptop.post(`/account/sessions/${await idOf(phone)}/revoke`)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, { message: 'Session revoked' })
    assert.equal(await isLoggedIn(phone), false)
    assert.equal(await isLoggedIn(laptop), true)
  })

  test('an unknown session and another user’s are not found alike', async (t) => {
    const app = await startApp(t)
    const anna = await app.member(ANNA)
    const bert = await app.member(BERT)
    const unknown = await anna.post('/account/sessions/nothing/revoke')
    const another = await anna.post(`/account/sessions/${await idOf(bert)}/revoke`)
    assert.equal(another.status, 404)
    assert.equal(another.text, unknown.text)
    assert.equal(another.status, unknown.status)
    assert.equal(await isLoggedIn(bert), true)
  })

  test('revoking one’s own session logs out', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    assert.equal((await visitor.post(`/account/sessions/${await idOf(visitor)}/revoke`)).status, 200)
    assert.equal(visitor.sessionToken, undefined)
    assert.equal(await isLoggedIn(visitor), false)
  })

  test('all others are revoked at once, and counted', async (t) => {
    const app = await startApp(t)
    const bert = await app.member(BERT)
    const laptop = await app.member(ANNA)
    const others = [await logIn(app, ANNA.email, PHONE), await logIn(app, ANNA.email, 'curl/8.17.0')]
    const answer = await laptop.post('/account/sessions/revoke-others')
    assert.deepEqual(answer.body, { revoked: 2 })
    for (const other of others) assert.equal(await isLoggedIn(other), false)
    assert.equal(await isLoggedIn(laptop), true)
    assert.equal(await isLoggedIn(bert), true)
    assert.deepEqual((await laptop.post('/account/sessions/revoke-others')).body, { revoked: 0 })
  })

  test('without a session there is nothing to see and nothing to revoke', async (t) => {
    const app = await startApp(t)
    const visitor = app.visitor()
    assert.equal((await visitor.get('/account/sessions')).status, 401)
    assert.equal((await visitor.post('/account/sessions/revoke-others')).status, 401)
    const id = await idOf(await app.member(ANNA))
    assert.equal((await visitor.post(`/account/sessions/${id}/revoke`)).status, 401)
  })

  test('the page shows every session with a button, and says once what a button did', async (t) => {
    const app = await startApp(t)
    const laptop = await app.member(ANNA)
    const phone = await logIn(app, ANNA.email, `<b>${PHONE}</b>`)
    const page = await laptop.get('/account/sessions', PAGE)
    assert.match(page.text, /Safari on iPhone/)
    assert.doesNotMatch(page.text, /<b>/)

    const action = `/account/sessions/${await idOf(phone)}/revoke`
    const revoked = await laptop.submit('/account/sessions', action)
    assert.equal(revoked.status, 303)
    assert.equal(revoked.headers.get('location'), '/account/sessions?notice=sessionRevoked')
    const told = await laptop.get('/account/sessions?notice=sessionRevoked', PAGE)
    assert.match(told.text, /role="status">The device has been logged out/)
    assert.doesNotMatch((await laptop.get('/account/sessions', PAGE)).text, /role="status"/)
    assert.equal(await isLoggedIn(phone), false)
  })

  test('the button for all others logs them out', async (t) => {
    const app = await startApp(t)
    const laptop = await app.member(ANNA)
    const phone = await logIn(app, ANNA.email, PHONE)
    const answer = await laptop.submit('/account/sessions', '/account/sessions/revoke-others')
    assert.equal(answer.headers.get('location'), '/account/sessions?notice=othersRevoked')
    assert.deepEqual([await isLoggedIn(laptop), await isLoggedIn(phone)], [true, false])
  })

  test('sessions may live in a database of their own, or in memory', async (t) => {
    for (const SESSION_STORE_URL of ['sqlite::memory:', 'memory:']) {
      const app = await startApp(t, { SESSION_STORE_URL })
      const visitor = await app.member(ANNA)
      assert.equal(await isLoggedIn(visitor), true)
      await visitor.post('/logout')
      assert.equal(await isLoggedIn(visitor), false)
    }
  })
})
