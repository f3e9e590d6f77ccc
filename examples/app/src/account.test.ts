import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  ANNA,
  BERT,
  isLoggedIn,
  linkIn,
  mailTo,
  outbox,
  PASSWORD,
  PRODUCTION,
  type RunningApp,
  startApp,
} from './testing/app.ts'
import { type Answer, PAGE, type Visitor } from './testing/visitor.ts'

const NEW_PASSWORD = 'a quite different passphrase'
const ACCEPTED = { message: 'If there is an account with this address, a mail is on its way' }

const RESET = /^Choose a new password/
const VERIFY = /^Confirm your email address/
const CONFIRM = /^Confirm your new email address/

/** Another browser in which the person logs in. */
async function logIn(app: RunningApp, fields: object): Promise<Visitor> {
  const visitor = app.visitor()
  const { status, text } = await visitor.post('/login', fields)
  assert.equal(status, 200, text)
  return visitor
}

function statusAndCode({ status, body }: Answer): [number, unknown] {
  const hasCode = typeof body === 'object' && body !== null && 'code' in body
  return [status, hasCode ? body.code : undefined]
}

/** All that a client can tell two answers apart by. */
function shape({ status, headers, text }: Answer): object {
  return { status, headers: Array.from(headers).filter(([name]) => name !== 'date'), text }
}

suite('a forgotten password', () => {
  test('is replaced by the link that the outbox shows, and every session ends', async (t) => {
    const app = await startApp(t)
    const before = await app.member(ANNA)
    const visitor = app.visitor()
    const asked = await visitor.post('/password/forgot', { email: ANNA.email })
    assert.deepEqual([asked.status, asked.body], [202, ACCEPTED])

    const mail = await mailTo(app, ANNA.email, RESET)
    assert.deepEqual(Object.keys(mail).sort(), ['at', 'subject', 'text', 'to'])
    assert.equal(new Date(mail.at).toISOString(), mail.at)
    const { path, token } = linkIn(mail)
    assert.equal(path, '/password/reset')
    const weak = await visitor.post('/password/reset', { token, newPassword: 'too short' })
    assert.deepEqual(statusAndCode(weak), [400, 'weak_password'])
    const reset = await visitor.post('/password/reset', { token, newPassword: NEW_PASSWORD })
    assert.deepEqual([reset.status, reset.body], [200, { message: 'Password set' }])

    assert.deepEqual([await isLoggedIn(before), await isLoggedIn(visitor)], [false, false])
    const old = await visitor.post('/login', { email: ANNA.email, password: PASSWORD })
    assert.deepEqual(statusAndCode(old), [401, 'invalid_credentials'])
    await logIn(app, { email: ANNA.email, password: NEW_PASSWORD })
    const again = await visitor.post('/password/reset', { token, newPassword: NEW_PASSWORD })
    assert.deepEqual(statusAndCode(again), [400, 'invalid_token'])
  })

  test('of nobody is answered the same, and mailed to nobody (R-02)', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    await mailTo(app, ANNA.email, VERIFY)
    const known = await app.visitor().post('/password/forgot', { email: ANNA.email })
    const unknown = await app.visitor().post('/password/forgot', { email: 'nobody@example.test' })
    assert.deepEqual(shape(unknown), shape(known))
    await mailTo(app, ANNA.email, RESET)
    const receivers = (await outbox(app)).map(({ to }) => to)
    assert.deepEqual(receivers, [ANNA.email, ANNA.email])
  })

  test('is replaced on the pages too', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    const visitor = app.visitor()
    const asked = await visitor.submit('/password/forgot', '/password/forgot', { email: ANNA.email })
    assert.equal(asked.status, 202)
    assert.match(asked.text, /Check your mail/)
    const { path, token } = linkIn(await mailTo(app, ANNA.email, RESET))
    const fields = { token, newPassword: NEW_PASSWORD }
    const reset = await visitor.submit(`${path}?token=${token}`, '/password/reset', fields)
    assert.equal(reset.headers.get('location'), '/login?notice=passwordReset')
    await logIn(app, { email: ANNA.email, password: NEW_PASSWORD })
  })
})

suite('private sign-up', () => {
  test('answers 202 twice alike, and only the mails tell them apart (R-02)', async (t) => {
    const app = await startApp(t, { SIGNUP: 'private' })
    const { username: _, ...account } = ANNA
    const first = await app.visitor().post('/signup', account)
    assert.deepEqual([first.status, first.body], [202, { message: 'Check your mail' }])
    assert.deepEqual(first.headers.getSetCookie(), [])
    const second = await app.visitor().post('/signup', account)
    assert.deepEqual(shape(second), shape(first))
    await mailTo(app, ANNA.email, VERIFY)
    await mailTo(app, ANNA.email, /^You already have an account/)
  })

  test('lets nobody in before the address is proved', async (t) => {
    const app = await startApp(t, { SIGNUP: 'private' })
    await app.visitor().post('/signup', ANNA)
    const early = await app.visitor().post('/login', { email: ANNA.email, password: PASSWORD })
    assert.deepEqual(statusAndCode(early), [401, 'invalid_credentials'])
    // Whoever knows the password already is mailed another link.
    const { path, token } = linkIn(await mailTo(app, ANNA.email, VERIFY, 2))
    const proved = await app.visitor().post(path, { token })
    assert.deepEqual([proved.status, proved.body], [200, { message: 'Email address verified' }])
    assert.equal(await isLoggedIn(await logIn(app, { email: ANNA.email, password: PASSWORD })), true)
  })
})

suite('the account', () => {
  test('a changed password gives this session a new token and ends the others', async (t) => {
    const app = await startApp(t)
    const laptop = await app.member(ANNA)
    const phone = await logIn(app, { email: ANNA.email, password: PASSWORD })
    const copy = laptop.copy()
    const change = (currentPassword: string, newPassword: string) =>
      laptop.post('/account/password', { currentPassword, newPassword })

    assert.deepEqual(statusAndCode(await change('not the right one', NEW_PASSWORD)), [403, 'wrong_password'])
    assert.deepEqual(statusAndCode(await change(PASSWORD, 'short')), [400, 'weak_password'])
    assert.equal(await isLoggedIn(phone), true)

    const changed = await change(PASSWORD, NEW_PASSWORD)
    assert.deepEqual([changed.status, changed.body], [200, { message: 'Password changed' }])
    const alive = [await isLoggedIn(laptop), await isLoggedIn(phone), await isLoggedIn(copy)]
    assert.deepEqual(alive, [true, false, false])
    await logIn(app, { email: ANNA.email, password: NEW_PASSWORD })
  })

  test('a new email address counts from its confirmation on', async (t) => {
    const app = await startApp(t)
    const visitor = await app.member(ANNA)
    const newEmail = 'anna@new.example.test'
    const asked = await visitor.post('/account/email', { newEmail })
    assert.equal(asked.status, 202)
    const { path, token } = linkIn(await mailTo(app, newEmail, CONFIRM))
    const early = await app.visitor().post('/login', { email: newEmail, password: PASSWORD })
    assert.equal(early.status, 401)
    const confirmed = await app.visitor().post(path, { token })
    assert.deepEqual([confirmed.status, confirmed.body], [200, { message: 'Email address changed' }])
    await logIn(app, { email: newEmail, password: PASSWORD })
    await mailTo(app, ANNA.email, /email address of your Latchstring account was changed/)
  })

  test('a user proves again who they are, and a wrong password proves nothing', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    const before = visitor.sessionToken
    const wrong = await visitor.post('/account/reauthenticate', { password: 'not the right one' })
    assert.deepEqual(statusAndCode(wrong), [401, 'invalid_credentials'])
    assert.equal(visitor.sessionToken, before)
    const right = await visitor.post('/account/reauthenticate', { password: PASSWORD })
    assert.deepEqual([right.status, right.body], [200, { message: 'Authenticated' }])
    assert.notEqual(visitor.sessionToken, before)
    assert.equal(await isLoggedIn(visitor), true)
  })

  test('a deleted account is gone, with all its sessions', async (t) => {
    const app = await startApp(t)
    const bert = await app.member(BERT)
    const laptop = await app.member(ANNA)
    const phone = await logIn(app, { email: ANNA.email, password: PASSWORD })
    assert.equal((await laptop.post('/account/delete')).status, 200)
    const alive = [await isLoggedIn(laptop), await isLoggedIn(phone), await isLoggedIn(bert)]
    assert.deepEqual(alive, [false, false, true])
    const late = await app.visitor().post('/login', { email: ANNA.email, password: PASSWORD })
    assert.deepEqual(statusAndCode(late), [401, 'invalid_credentials'])
  })

  test('what happened to it is told in order, the newest first', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    await visitor.post('/account/reauthenticate', { password: PASSWORD })
    const { status, body } = await visitor.get('/account/activity')
    assert.equal(status, 200)
    assert.ok(isActivity(body))
    assert.deepEqual(
      body.events.map(({ type }) => type),
      ['reauthenticated', 'signup'],
    )
    for (const event of body.events) {
      assert.equal(new Date(event.at).toISOString(), event.at)
      assert.deepEqual([event.device, event.address], ['Node.js', '127.0.0.x'])
    }
  })

  test('password managers find where to change the password', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const { status, headers } = await visitor.get('/.well-known/change-password', PAGE)
    assert.deepEqual([status, headers.get('location')], [302, '/account'])
  })
})

interface Activity {
  readonly events: readonly {
    readonly at: string
    readonly type: string
    readonly device: string
    readonly address: string
  }[]
}

function isActivity(body: unknown): body is Activity {
  return typeof body === 'object' && body !== null && 'events' in body && Array.isArray(body.events)
}

suite('in production', () => {
  test('nobody reads the mails of others: there is no outbox', async (t) => {
    const app = await startApp(t, { ...PRODUCTION, TRUST_PROXY: '1' })
    for (const headers of [HTTPS, { ...HTTPS, ...PAGE }]) {
      assert.equal((await app.visitor().get('/outbox', headers)).status, 404)
    }
  })

  test('the session is for https alone, also behind a proxy', async (t) => {
    t.mock.method(console, 'error', () => {})
    const app = await startApp(t, { ...PRODUCTION, TRUST_PROXY: '1' })
    const signup = await app.visitor().post('/signup', ANNA, HTTPS)
    assert.equal(signup.status, 201)
    const cookies = signup.headers.getSetCookie()
    assert.ok(cookies.length > 0)
    for (const line of cookies) assert.match(line, /^__Host-.*; Secure/)
  })

  test('a mail that cannot be sent is reported in one line without the mail, and spoils no answer', async (t) => {
    const log = t.mock.method(console, 'error', () => {})
    const app = await startApp(t, { ...PRODUCTION, TRUST_PROXY: '1' })
    assert.equal((await app.visitor().post('/signup', ANNA, HTTPS)).status, 201)
    await app.close()
    const lines = log.mock.calls.map(({ arguments: [line] }) => line)
    assert.deepEqual(lines, ['mail.failed: "connect ECONNREFUSED 127.0.0.1:1"'])
  })
})

const HTTPS = { 'x-forwarded-proto': 'https' }
