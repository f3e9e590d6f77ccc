import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { SessionView } from './sessionViews.ts'
import { ANNA, BERT, PASSWORD, type RunningApp, startApp } from './testing/app.ts'
import { PAGE, type Visitor } from './testing/visitor.ts'

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
    await logIn(app, ANNA.email, 'Phone/1.0')
    const laptop = await logIn(app, ANNA.email, 'Laptop/2.0')

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
    assert.equal(here.device, 'Laptop/2.0')
    assert.equal(here.address, '127.0.0.1')
    for (const time of [here.createdAt, here.lastSeenAt, here.expiresAt]) {
      assert.equal(new Date(time).toISOString(), time)
    }
    assert.ok(here.expiresAt > here.createdAt)
    assert.equal(here.methods.length, 1)
  })

  test('the list holds nothing that opens a session', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    const { text } = await visitor.get('/account/sessions')
    const [, token = ''] = visitor.cookies.split('=')
    assert.ok(token.length > 20)
    assert.equal(text.includes(token), false)
    const id = await idOf(visitor)
    const [name] = visitor.cookies.split('=')
    assert.equal((await visitor.get('/protected', { cookie: `${name}=${id}` })).status, 401)
  })

  test('a revoked session is out at once, and the others stay', async (t) => {
    const app = await startApp(t)
    const laptop = await app.member(ANNA)
    const phone = await logIn(app, ANNA.email, 'Phone/1.0')
    const answer = await laptop.post(`/account/sessions/${await idOf(phone)}/revoke`)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, { message: 'Session revoked' })
    assert.equal((await phone.get('/protected')).status, 401)
    assert.equal((await laptop.get('/protected')).status, 200)
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
    assert.equal((await bert.get('/protected')).status, 200)
  })

  test('revoking one’s own session logs out', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    assert.equal((await visitor.post(`/account/sessions/${await idOf(visitor)}/revoke`)).status, 200)
    assert.equal(visitor.cookies, '')
    assert.equal((await visitor.get('/protected')).status, 401)
  })

  test('all others are revoked at once, and counted', async (t) => {
    const app = await startApp(t)
    const bert = await app.member(BERT)
    const laptop = await app.member(ANNA)
    const others = [await logIn(app, ANNA.email, 'Phone/1.0'), await logIn(app, ANNA.email, 'Tablet/1.0')]
    const answer = await laptop.post('/account/sessions/revoke-others')
    assert.deepEqual(answer.body, { revoked: 2 })
    for (const other of others) assert.equal((await other.get('/protected')).status, 401)
    assert.equal((await laptop.get('/protected')).status, 200)
    assert.equal((await bert.get('/protected')).status, 200)
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
    const phone = await logIn(app, ANNA.email, '<b>Phone</b>')
    const page = await laptop.get('/account/sessions', PAGE)
    assert.match(page.text, /&lt;b&gt;Phone&lt;\/b&gt;/)
    assert.match(page.text, /Log out everywhere else/)

    const id = await idOf(phone)
    assert.ok(page.text.includes(`action="/account/sessions/${id}/revoke"`))
    const revoked = await laptop.submit(`/account/sessions/${id}/revoke`)
    assert.equal(revoked.status, 303)
    assert.equal(revoked.headers.get('location'), '/account/sessions')
    assert.match((await laptop.get('/account/sessions', PAGE)).text, /That session is logged out/)
    assert.doesNotMatch((await laptop.get('/account/sessions', PAGE)).text, /That session is logged out/)
    assert.equal((await phone.get('/protected')).status, 401)
  })

  test('the button for all others logs them out', async (t) => {
    const app = await startApp(t)
    const laptop = await app.member(ANNA)
    const phone = await logIn(app, ANNA.email, 'Phone/1.0')
    assert.equal(
      (await laptop.submit('/account/sessions/revoke-others')).headers.get('location'),
      '/account/sessions',
    )
    assert.match((await laptop.get('/account/sessions', PAGE)).text, /You are logged out everywhere else/)
    assert.equal((await phone.get('/protected')).status, 401)
  })

  test('sessions may live in a database of their own, or in memory', async (t) => {
    for (const SESSION_STORE_URL of ['sqlite::memory:', 'memory:']) {
      const app = await startApp(t, { SESSION_STORE_URL })
      const visitor = await app.member(ANNA)
      assert.equal((await visitor.get('/protected')).status, 200)
      assert.equal((await visitor.post('/logout')).status, 200)
      assert.equal((await visitor.get('/protected')).status, 401)
    }
  })
})
