import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ANNA, isLoggedIn, PASSWORD, startApp } from './testing/app.ts'
import { PAGE } from './testing/visitor.ts'

const NOT_AUTHENTICATED = { message: 'Not authenticated' }
const INVALID_CREDENTIALS = { message: 'Invalid credentials', code: 'invalid_credentials' }

const THIRTY_DAYS = 30 * 86_400

suite('signing up, logging in and logging out with JSON', () => {
  test('whoever signs up is logged in', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const answer = await visitor.post('/signup', ANNA)
    assert.equal(answer.status, 201)
    const user = { id: 1, email: ANNA.email, username: ANNA.username }
    assert.deepEqual(answer.body, { user })
    const inside = await visitor.get('/protected')
    assert.equal(inside.status, 200)
    assert.deepEqual(inside.body, { message: 'You are authenticated!', userId: 1, username: 'anna' })
  })

  test('a visitor is let in by logging in and kept out after logging out, also with the old cookie', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    const visitor = app.visitor()
    const before = await visitor.get('/protected')
    assert.equal(before.status, 401)
    assert.deepEqual(before.body, NOT_AUTHENTICATED)

    const login = await visitor.post('/login', { email: ANNA.email, password: PASSWORD })
    assert.equal(login.status, 200)
    const user = { id: 1, email: ANNA.email, username: ANNA.username }
    assert.deepEqual(login.body, { message: 'Login successful', user })
    assert.equal(await isLoggedIn(visitor), true)

    const thief = visitor.copy()
    const logout = await visitor.post('/logout')
    assert.equal(logout.status, 200)
    assert.deepEqual(logout.body, { message: 'Logged out' })
    assert.equal(visitor.sessionToken, undefined)
    assert.deepEqual([await isLoggedIn(visitor), await isLoggedIn(thief)], [false, false])
  })

  test('logging out without being logged in is no error', async (t) => {
    const visitor = (await startApp(t)).visitor()
    assert.equal((await visitor.post('/logout')).status, 200)
  })

  test('a login makes a new token, and the one before is worth nothing', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    const before = visitor.copy()
    await visitor.post('/login', { email: ANNA.email, password: PASSWORD })
    assert.notEqual(visitor.sessionToken, before.sessionToken)
    assert.equal(await isLoggedIn(before), false)
  })

  test('the cookie ends with the browser, unless the user wants to be remembered', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    const maxAge = async (remember: boolean) => {
      const login = await app.visitor().post('/login', { email: ANNA.email, password: PASSWORD, remember })
      const [cookie = ''] = login.headers.getSetCookie().filter((line) => line.startsWith('latchstring='))
      return /Max-Age=(\d+)/.exec(cookie)?.[1]
    }
    assert.equal(await maxAge(false), undefined)
    const seconds = Number(await maxAge(true))
    assert.ok(seconds > THIRTY_DAYS - 10 && seconds <= THIRTY_DAYS, String(seconds))
  })

  test('the email address is found in any case, and the username too', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    for (const name of [{ email: ' ANNA@Example.TEST ' }, { username: 'Anna' }, { email: 'anna' }]) {
      const login = await app.visitor().post('/login', { ...name, password: PASSWORD })
      assert.equal(login.status, 200, JSON.stringify(name))
    }
  })

  test('an unknown user and a wrong password get the same answer, byte by byte (R-01)', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    const attempts = [
      { email: ANNA.email, password: 'not the right password' },
      { email: 'nobody@example.test', password: PASSWORD },
      { username: 'nobody', password: PASSWORD },
      { email: ANNA.email, password: '' },
      { email: ANNA.email },
      { email: ANNA.email, password: 'x'.repeat(5_000) },
      {},
    ]
    const answers = []
    for (const attempt of attempts) {
      const { status, headers, text } = await app.visitor().post('/login', attempt)
      const fields = Array.from(headers).filter(([name]) => name !== 'date')
      answers.push(JSON.stringify({ status, fields, text }))
      assert.equal(status, 401)
    }
    assert.equal(new Set(answers).size, 1)
    assert.deepEqual(JSON.parse(JSON.parse(answers[0] ?? '').text), INVALID_CREDENTIALS)
  })

  test('a username is optional: the email address stands in for it', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const answer = await visitor.post('/signup', { email: ANNA.email, password: PASSWORD })
    assert.deepEqual(answer.body, { user: { id: 1, email: ANNA.email, username: ANNA.email } })
  })

  test('an address or a username can be taken once only, in whatever case', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    const refused = async (account: object) => {
      const { status, body } = await app.visitor().post('/signup', { ...ANNA, ...account })
      assert.equal(status, 409)
      return body
    }
    const emailTaken = { message: 'There is an account with this email address already', code: 'email_taken' }
    assert.deepEqual(await refused({ email: 'ANNA@example.test', username: 'other' }), emailTaken)
    assert.deepEqual(await refused({}), emailTaken)
    const usernameTaken = { message: 'This username is taken', code: 'username_taken' }
    assert.deepEqual(await refused({ email: 'other@example.test', username: 'Anna' }), usernameTaken)
  })

  test('of many sign-ups at once for one address, exactly one succeeds (F-09)', async (t) => {
    const app = await startApp(t)
    const attempts = Array.from({ length: 20 }, () => app.visitor().post('/signup', ANNA))
    const statuses = (await Promise.all(attempts)).map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 201).length, 1)
    assert.equal(statuses.filter((status) => status === 409).length, 19)
  })

  test('a sign-up says what is wrong with it', async (t) => {
    const app = await startApp(t)
    const refusal = async (account: object) => {
      const answer = await app.visitor().post('/signup', { ...ANNA, ...account })
      assert.equal(answer.status, 400)
      return answer.body
    }
    const invalidEmail = { message: 'Enter an email address', code: 'invalid_email' }
    for (const email of [
      '',
      'anna',
      'anna@',
      '@example.test',
      'a b@example.test',
      `${'a'.repeat(243)}@example.test`,
    ]) {
      assert.deepEqual(await refusal({ email }), invalidEmail, email)
    }
    const tooShort = {
      message: 'Choose a password of at least 15 characters',
      code: 'weak_password',
      reason: 'too_short',
    }
    assert.deepEqual(await refusal({ password: 'too short' }), tooShort)
    assert.deepEqual(await refusal({ password: '' }), tooShort)
    const itself = {
      message: 'Choose a password other than your email address or username',
      code: 'weak_password',
      reason: 'own_name',
    }
    assert.deepEqual(await refusal({ password: ANNA.email.toUpperCase() }), itself)
    for (const username of ['bert@example.test', '-anna', 'an na', 'a'.repeat(65)]) {
      const answer = await app.visitor().post('/signup', { ...ANNA, username })
      assert.equal(answer.status, 400)
      assert.match(answer.text, /"invalid_username"/)
    }
  })

  test('nobody signs up or logs in from another origin, cookie or not (W-03)', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    const stranger = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    for (const [path, fields] of [
      ['/signup', { ...ANNA, email: 'other@example.test', username: 'other' }],
      ['/login', { email: ANNA.email, password: PASSWORD }],
    ] as const) {
      const answer = await app.visitor().post(path, fields, stranger)
      assert.equal(answer.status, 403)
      assert.equal(answer.headers.get('set-cookie'), null)
    }
  })
})

suite('signing up, logging in and logging out with the pages', () => {
  test('a visitor is led to the login page and from there to the page they wanted', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    for (const path of ['/protected', '/account/sessions']) {
      const visitor = app.visitor()
      const refused = await visitor.get(path, PAGE)
      assert.equal(refused.status, 303)
      const form = `/login?returnTo=${encodeURIComponent(path)}`
      assert.equal(refused.headers.get('location'), form)

      const { text } = await visitor.get(form, PAGE)
      assert.ok(text.includes(`<input type="hidden" name="returnTo" value="${path}">`), text)
      const fields = { email: ANNA.email, password: PASSWORD, returnTo: path }
      const login = await visitor.submit(form, '/login', fields)
      assert.equal(login.status, 303)
      assert.equal(login.headers.get('location'), path)
      // At once: the answer does not leave before the session is stored.
      assert.equal((await visitor.get(path, PAGE)).status, 200)
    }
  })

  test('a login leads nowhere but into the app (W-09)', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    for (const returnTo of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      '/.//evil.example',
    ]) {
      const fields = { email: ANNA.email, password: PASSWORD, returnTo }
      const login = await app.visitor().submit('/login', '/login', fields)
      assert.equal(login.headers.get('location'), '/account')
      const form = await app.visitor().get(`/login?returnTo=${encodeURIComponent(returnTo)}`, PAGE)
      assert.doesNotMatch(form.text, /evil/)
    }
  })

  test('a refused form comes back with the reason and what was typed, and without the password', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const typed = { email: '"><b>anna', password: 'secret secret secret' }
    const login = await visitor.submit('/login', '/login', typed)
    assert.equal(login.status, 401)
    assert.match(login.text, /role="alert">These login details are not right/)
    assert.match(login.text, /value="&quot;&gt;&lt;b&gt;anna"/)
    assert.doesNotMatch(login.text, /secret/)

    const wanted = { email: ANNA.email, username: '', password: 'secret' }
    const signup = await visitor.submit('/signup', '/signup', wanted)
    assert.equal(signup.status, 400)
    assert.match(signup.text, /id="password-problem">This password is too short\. Use at least 15 characters/)
    assert.match(signup.text, /value="anna@example\.test"/)
    assert.doesNotMatch(signup.text, /secret/)
  })

  test('a person signs up, sees the account, and logs out', async (t) => {
    const visitor = (await startApp(t)).visitor()
    assert.match((await visitor.get('/', PAGE)).text, /Welcome to Latchstring/)
    const signup = await visitor.submit('/signup', '/signup', { ...ANNA, username: '' })
    assert.equal(signup.status, 303)
    assert.equal(signup.headers.get('location'), '/account')
    assert.match((await visitor.get('/account', PAGE)).text, /anna@example\.test/)
    assert.match((await visitor.get('/protected', PAGE)).text, /You are authenticated!/)
    assert.match((await visitor.get('/', PAGE)).text, /You are logged in/)
    assert.equal((await visitor.get('/login', PAGE)).headers.get('location'), '/account')
    assert.equal((await visitor.get('/signup', PAGE)).headers.get('location'), '/account')

    const logout = await visitor.submit('/account', '/logout')
    assert.equal(logout.status, 303)
    assert.equal(logout.headers.get('location'), '/?notice=loggedOut')
    assert.match((await visitor.get('/?notice=loggedOut', PAGE)).text, /You are logged out/)
    assert.equal((await visitor.get('/account', PAGE)).headers.get('location'), '/login?returnTo=%2Faccount')
  })

  test('what a person is called cannot write HTML on the protected page', async (t) => {
    const odd = { email: "o'neil&sons@example.test", password: PASSWORD }
    const visitor = await (await startApp(t)).member(odd)
    assert.match((await visitor.get('/protected', PAGE)).text, /you are o&#39;neil&amp;sons@example\.test\./)
  })

  test('a ticked box remembers the login', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    const fields = { email: ANNA.email, password: PASSWORD, remember: 'on' }
    const login = await app.visitor().submit('/login', '/login', fields)
    const cookies = login.headers.getSetCookie()
    assert.ok(
      cookies.some((line) => /^latchstring=.*; Max-Age=25\d{5}/.test(line)),
      cookies.join('\n'),
    )
  })

  test('a form of a stranger’s page, or of an older session, is refused (W-02)', async (t) => {
    const app = await startApp(t)
    const visitor = await app.member(ANNA)
    const type = { 'content-type': 'application/x-www-form-urlencoded', origin: app.url }
    for (const body of ['', 'formToken=', `formToken=${'a'.repeat(86)}`]) {
      const answer = await visitor.send('POST', '/logout', { headers: { ...type, ...PAGE }, body })
      assert.equal(answer.status, 403, body)
    }
    assert.equal(await isLoggedIn(visitor), true)
  })
})
