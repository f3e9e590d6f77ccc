import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { ANNA, BERT, linkIn, mailTo, PASSWORD, type RunningApp, startApp } from './testing/app.ts'
import { type Answer, PAGE, type Visitor } from './testing/visitor.ts'

/** The paths of the app, row by row: a request, who sends it, and what is answered. */
interface Row {
  readonly request: string
  readonly body?: object | ((stage: Stage) => Promise<object>)
  /** Default: a visitor. */
  readonly by?: keyof Omit<Stage, 'app' | 'sessionId'>
  readonly status: number
  /** The code of a refusal, or the body of anything else. */
  readonly code?: string
  readonly answer?: object
}

interface Stage {
  readonly app: RunningApp
  readonly visitor: Visitor
  /** Somebody who is logged in. */
  readonly anna: Visitor
  /** The id of Anna's session. */
  readonly sessionId: string
}

const NEW_PASSWORD = 'a quite different passphrase'
const WRONG = 'not the right passphrase'
const NEW_EMAIL = 'anna.new@example.test'
const NO_TOKEN = 'x'.repeat(43)

const ANNA_VIEW = { id: 1, email: ANNA.email, username: 'anna' }
const BERT_VIEW = { id: 2, email: BERT.email, username: 'bert' }
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const ROWS: readonly Row[] = [
  { request: 'POST /signup', body: BERT, status: 201, answer: { user: BERT_VIEW } },
  { request: 'POST /signup', body: { ...BERT, email: 'bert' }, status: 400, code: 'invalid_email' },
  { request: 'POST /signup', body: { ...BERT, username: '@' }, status: 400, code: 'invalid_username' },
  { request: 'POST /signup', body: { ...BERT, password: 'short' }, status: 400, code: 'weak_password' },
  { request: 'POST /signup', body: ANNA, status: 409, code: 'email_taken' },
  { request: 'POST /signup', body: { ...BERT, username: 'anna' }, status: 409, code: 'username_taken' },
  ...['email', 'username'].map((name) => ({
    request: 'POST /login',
    body: { [name]: ANNA[name === 'email' ? 'email' : 'username'], password: PASSWORD, remember: true },
    status: 200,
    answer: { message: 'Login successful', user: ANNA_VIEW },
  })),
  ...[{ ...ANNA, password: WRONG }, BERT, {}, { email: ANNA.email }, { password: PASSWORD }].map((body) => ({
    request: 'POST /login',
    body,
    status: 401,
    answer: { message: 'Invalid credentials', code: 'invalid_credentials' },
  })),
  { request: 'POST /logout', by: 'anna', status: 200, answer: { message: 'Logged out' } },
  { request: 'POST /logout', status: 200, answer: { message: 'Logged out' } },
  {
    request: 'GET /protected',
    by: 'anna',
    status: 200,
    answer: { message: 'You are authenticated!', userId: 1, username: 'anna' },
  },
  { request: 'GET /protected', status: 401, answer: { message: 'Not authenticated' } },
  {
    request: 'GET /account/sessions',
    by: 'anna',
    status: 200,
    answer: {
      sessions: [
        {
          id: /^[\w-]{20,}$/,
          current: true,
          createdAt: TIME,
          lastSeenAt: TIME,
          expiresAt: TIME,
          device: 'Node.js',
          address: '127.0.0.x',
          methods: ['password'],
        },
      ],
    },
  },
  { request: 'GET /account/sessions', status: 401, code: 'not_authenticated' },
  {
    request: 'POST /account/sessions/:id/revoke',
    by: 'anna',
    status: 200,
    answer: { message: 'Session revoked' },
  },
  { request: 'POST /account/sessions/nothing/revoke', by: 'anna', status: 404, code: 'not_found' },
  { request: 'POST /account/sessions/:id/revoke', status: 401, code: 'not_authenticated' },
  { request: 'POST /account/sessions/revoke-others', by: 'anna', status: 200, answer: { revoked: 0 } },
  { request: 'POST /account/sessions/revoke-others', status: 401, code: 'not_authenticated' },
  {
    request: 'POST /account/reauthenticate',
    body: { password: PASSWORD },
    by: 'anna',
    status: 200,
    answer: { message: 'Authenticated' },
  },
  {
    request: 'POST /account/reauthenticate',
    body: { password: WRONG },
    by: 'anna',
    status: 401,
    code: 'invalid_credentials',
  },
  {
    request: 'POST /account/password',
    body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
    by: 'anna',
    status: 200,
    answer: { message: 'Password changed' },
  },
  {
    request: 'POST /account/password',
    body: { currentPassword: PASSWORD, newPassword: 'short' },
    by: 'anna',
    status: 400,
    code: 'weak_password',
  },
  {
    request: 'POST /account/password',
    body: { currentPassword: WRONG, newPassword: NEW_PASSWORD },
    by: 'anna',
    status: 403,
    code: 'wrong_password',
  },
  { request: 'POST /account/password', body: {}, status: 401, code: 'not_authenticated' },
  {
    request: 'POST /account/email',
    body: { newEmail: NEW_EMAIL },
    by: 'anna',
    status: 202,
    answer: { message: 'Check the mail of the new address' },
  },
  {
    request: 'POST /account/email',
    body: { newEmail: 'anna' },
    by: 'anna',
    status: 400,
    code: 'invalid_email',
  },
  { request: 'POST /account/email', body: { newEmail: NEW_EMAIL }, status: 401, code: 'not_authenticated' },
  { request: 'POST /account/delete', by: 'anna', status: 200, answer: { message: 'Account deleted' } },
  { request: 'POST /account/delete', status: 401, code: 'not_authenticated' },
  {
    request: 'GET /account/activity',
    by: 'anna',
    status: 200,
    answer: {
      events: [
        {
          at: TIME,
          type: 'signup',
          sessionId: /^[\w-]{20,}$/,
          address: '127.0.0.x',
          device: 'Node.js',
          count: 1,
        },
      ],
    },
  },
  { request: 'GET /account/activity', status: 401, code: 'not_authenticated' },
  ...[ANNA.email, 'nobody@example.test', 'no address'].map((email) => ({
    request: 'POST /password/forgot',
    body: { email },
    status: 202,
    answer: { message: 'If there is an account with this address, a mail is on its way' },
  })),
  {
    request: 'POST /password/reset',
    body: async (stage) => ({ token: await resetToken(stage), newPassword: NEW_PASSWORD }),
    status: 200,
    answer: { message: 'Password set' },
  },
  {
    request: 'POST /password/reset',
    body: async (stage) => ({ token: await resetToken(stage), newPassword: 'short' }),
    status: 400,
    code: 'weak_password',
  },
  {
    request: 'POST /password/reset',
    body: { token: NO_TOKEN, newPassword: NEW_PASSWORD },
    status: 400,
    code: 'invalid_token',
  },
  {
    request: 'POST /email/verify',
    body: async ({ app }) => ({ token: linkIn(await mailTo(app, ANNA.email, /^Confirm your email/)).token }),
    status: 200,
    answer: { message: 'Email address verified' },
  },
  { request: 'POST /email/verify', body: { token: NO_TOKEN }, status: 400, code: 'invalid_token' },
  {
    request: 'POST /email/confirm',
    body: async ({ app, anna }) => {
      await anna.post('/account/email', { newEmail: NEW_EMAIL })
      return { token: linkIn(await mailTo(app, NEW_EMAIL, /^Confirm your new email/)).token }
    },
    status: 200,
    answer: { message: 'Email address changed' },
  },
  { request: 'POST /email/confirm', body: { token: NO_TOKEN }, status: 400, code: 'invalid_token' },
  { request: 'GET /health', status: 200, answer: { status: 'ok' } },
]

async function resetToken({ app, visitor }: Stage): Promise<string> {
  await visitor.post('/password/forgot', { email: ANNA.email })
  return linkIn(await mailTo(app, ANNA.email, /^Choose a new password/)).token
}

async function setStage(t: TestContext): Promise<Stage> {
  const app = await startApp(t)
  const anna = await app.member(ANNA)
  const { body } = await anna.get('/account/sessions')
  const { sessions: [session] = [] }: { sessions?: { id: string }[] } = Object(body)
  assert.ok(session)
  return { app, anna, visitor: app.visitor(), sessionId: session.id }
}

async function ask(stage: Stage, { request, by = 'visitor', body }: Row): Promise<Answer> {
  const [method = '', path = ''] = request.replace(':id', stage.sessionId).split(' ')
  if (method === 'GET') return stage[by].get(path)
  return stage[by].post(path, typeof body === 'function' ? await body(stage) : body)
}

/** A pattern in the expected body stands for every text that it matches. */
function matches(actual: unknown, expected: unknown): boolean {
  if (expected instanceof RegExp) return typeof actual === 'string' && expected.test(actual)
  if (typeof expected !== 'object' || expected === null) return actual === expected
  if (typeof actual !== 'object' || actual === null) return false
  const [found, wanted] = [Object.entries(actual), Object.entries(expected)]
  return (
    found.length === wanted.length &&
    wanted.every(([name, value]) => Object.hasOwn(actual, name) && matches(new Map(found).get(name), value))
  )
}

suite('the contract of the app', () => {
  for (const row of ROWS) {
    const { request, by = 'visitor', status, code, answer } = row
    test(`${request} by ${by}: ${status} ${code ?? JSON.stringify(answer)}`, async (t) => {
      const reply = await ask(await setStage(t), row)
      assert.equal(reply.status, status, reply.text)
      assert.match(reply.headers.get('content-type') ?? '', /^application\/json; charset=utf-8$/)
      const { message, code: given }: { message?: unknown; code?: unknown } = Object(reply.body)
      if (code === undefined) assert.ok(matches(reply.body, answer), reply.text)
      else assert.deepEqual([typeof message, given], ['string', code], reply.text)
    })
  }

  test('a login makes another token, and a log-out expires the cookie', async (t) => {
    const { anna } = await setStage(t)
    const before = anna.sessionToken
    await anna.post('/login', { email: ANNA.email, password: PASSWORD })
    assert.notEqual(anna.sessionToken, before)
    const { headers } = await anna.post('/logout')
    assert.ok(headers.getSetCookie().some((line) => /^latchstring=;.* Max-Age=0/.test(line)))
    assert.equal(anna.sessionToken, undefined)
  })

  test('who tries too often is told when to come back', async (t) => {
    const { visitor } = await setStage(t)
    const wrong = { email: ANNA.email, password: WRONG }
    for (let tries = 0; tries < 10; tries++) await visitor.post('/login', wrong)
    const { status, headers, body } = await visitor.post('/login', wrong)
    const { code }: { code?: unknown } = Object(body)
    assert.deepEqual([status, code], [429, 'throttled'])
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  })

  const PAGES = ['/', '/signup', '/login', '/password/forgot', '/password/reset', '/email/verify', '/outbox']
  const MEMBER_PAGES = ['/', '/account', '/account/sessions', '/account/activity', '/protected']

  test('every page is one, and those of an account lead visitors to the login and back', async (t) => {
    const { anna, visitor } = await setStage(t)
    for (const [browser, paths] of [
      [visitor, PAGES],
      [anna, MEMBER_PAGES],
    ] as const) {
      for (const path of paths) {
        const { status, headers, text } = await browser.get(path, PAGE)
        assert.equal(status, 200, path)
        assert.equal(headers.get('content-type'), 'text/html; charset=utf-8', path)
        assert.match(text, /^<!doctype html>[\s\S]*<h1>/, path)
      }
    }
    for (const path of MEMBER_PAGES.slice(1)) {
      const { status, headers } = await visitor.get(path, PAGE)
      const location = `/login?returnTo=${encodeURIComponent(path)}`
      assert.deepEqual([status, headers.get('location')], [303, location], path)
    }
  })

  test('password managers are led to where a password is changed', async (t) => {
    const { visitor } = await setStage(t)
    const { status, headers } = await visitor.get('/.well-known/change-password')
    assert.deepEqual([status, headers.get('location')], [302, '/account'])
  })
})
