import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer } from '../http/client.ts'
import { ANNA, BERT, codeOf, isLoggedIn, logIn, startAccounts } from './site.ts'

test('a person signs up, is logged in, logs out and logs in again', async (t) => {
  const site = await startAccounts(t)
  const browser = site.browser()
  const user = { id: 1, email: ANNA.email, username: ANNA.username }
  assert.deepEqual(answer(await browser.post('/signup', ANNA)), [201, { user }])
  assert.deepEqual(answer(await browser.get('/protected')), [200, { userId: 1, username: 'anna' }])
  assert.deepEqual(answer(await browser.post('/logout')), [200, { message: 'Logged out' }])
  assert.equal(await isLoggedIn(browser), false)
  assert.deepEqual(answer(await logIn(browser)), [200, { message: 'Login successful', user }])
  assert.equal(await isLoggedIn(browser), true)
})

test('an unknown user and a wrong password get the same answer, byte by byte (R-01, T09)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  await site.member(BERT)
  await site.auth.disableUser((await site.user(BERT)).id)
  const attempts = [
    { email: ANNA.email, password: 'not the right password' },
    { email: 'nobody@example.test', password: ANNA.password },
    { username: 'nobody', password: ANNA.password },
    { email: BERT.email, password: BERT.password },
    { email: ANNA.email, password: '' },
    { email: ANNA.email, password: 'x'.repeat(5_000) },
    { email: ANNA.email },
    {},
  ]
  const answers = new Set<string>()
  for (const attempt of attempts) {
    const { status, headers, body } = await site.browser().post('/login', attempt)
    const { date: _, ...fields } = headers
    answers.add(JSON.stringify({ status, fields, body }))
  }
  assert.equal(answers.size, 1, [...answers].join('\n'))
  assert.match([...answers].join(), /"status":401.*Invalid credentials/)
})

test('the 11th try at one account from one address is not looked at, right or wrong (R-05)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  for (let tries = 0; tries < 10; tries++) {
    const { status } = await logIn(site.browser(), { ...ANNA, password: 'wrong wrong wrong' })
    assert.equal(status, 401)
  }
  const refused = await logIn(site.browser())
  assert.equal(refused.status, 429)
  assert.equal(codeOf(refused), 'throttled')
  assert.ok(Number(refused.headers['retry-after']) > 0)
})

test('a browser that the owner has used gets in while a stranger has used up all tries (R-06)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/logout')
  for (let tries = 0; tries < 11; tries++) {
    await logIn(site.browser(), { ...ANNA, password: 'wrong wrong wrong' })
  }
  assert.equal((await logIn(site.browser())).status, 429)
  assert.equal((await logIn(browser)).status, 200)
})

test('logins that succeed use nothing up (R-05)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  for (let tries = 0; tries < 12; tries++) assert.equal((await logIn(site.browser())).status, 200)
})
