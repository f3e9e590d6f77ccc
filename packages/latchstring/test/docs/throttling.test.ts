import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Store } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { countAttacks } from '../../../../docs/examples/throttling.ts'
import { addressPrefix } from '../../src/auth/addressPrefix.ts'
import { Backoff } from '../../src/auth/backoff.ts'
import { Counters } from '../../src/auth/counters.ts'
import { bucketOf, LIMITS } from '../../src/auth/limits.ts'
import { userSubject } from '../../src/auth/subject.ts'
import { Throttle } from '../../src/auth/throttle.ts'
import { systemRandom } from '../../src/core/random.ts'
import { type AccountSite, ANNA, BERT, logIn, startAccounts } from '../accounts/site.ts'
import type { Browser } from '../http/client.ts'
import { createRecords } from '../records-support.ts'

const WRONG = { ...ANNA, password: 'wrong wrong wrong' }
const HOUR = 3_600_000

test('the program of docs/throttling.md counts what fails and what is refused', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  for (let tries = 0; tries < 11; tries++) await logIn(site.browser(), WRONG)
  const counts = new Map<string, number>()
  const listen = countAttacks((metric) => counts.set(metric, (counts.get(metric) ?? 0) + 1))
  for (const event of site.events) listen(event)
  listen({ type: 'account.throttle_local', at: 0, error: new Error('the store is down') })
  assert.deepEqual(Object.fromEntries(counts), {
    login_failed: 10,
    'throttled.login': 1,
    throttling_without_store: 1,
  })
})

interface Tried extends AccountSite {
  /** In which the owner has logged in before. */
  readonly known: Browser
}

/** A site where one account has been tried 100 times, wrongly, from as many networks, an hour apart. */
async function startAfterFailures(t: TestContext): Promise<Tried> {
  const store = memoryStore()
  const site = await startAccounts(t, { store })
  const known = await site.member()
  await known.post('/logout')
  const records = createRecords({ store, clock: site.clock })
  const backoff = new Backoff({ counters: new Counters({ records, emit: () => {} }), random: systemRandom })
  for (let failures = 0; failures < 100; failures++) {
    await backoff.take(userSubject(await site.user()))
    site.clock.advance(HOUR)
  }
  return { ...site, known }
}

test('after 100 failures in a row the password is good in known browsers alone, until it is reset (R-05, R-06)', async (t) => {
  const site = await startAfterFailures(t)
  const stranger = await logIn(site.browser())
  assert.deepEqual([stranger.status, stranger.headers['retry-after']], [429, '3600'])
  assert.equal((await logIn(site.known)).status, 200)
  assert.equal((await logIn(site.browser())).status, 429)
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const reset = { token: await site.mailedToken(ANNA.email), newPassword: 'a quite different passphrase' }
  assert.equal((await site.browser().post('/password/reset', reset)).status, 200)
  assert.equal((await logIn(site.browser(), { ...ANNA, password: reset.newPassword })).status, 200)
})

test('a known browser has ten tries at its owner’s account, and is nobody’s elsewhere (R-06)', async (t) => {
  const site = await startAccounts(t)
  const owner = await site.member()
  await owner.post('/logout')
  for (let tries = 0; tries < 10; tries++) assert.equal((await logIn(owner, WRONG)).status, 401)
  assert.equal((await logIn(owner)).status, 429)
  assert.equal((await logIn(site.browser())).status, 200)
})

test('tries at an account that nobody has are counted alike, in all its spellings (R-01, R-05)', async (t) => {
  const site = await startAccounts(t)
  const statuses = []
  for (const email of ['bert@example.test', 'Bert@Example.Test']) {
    for (let tries = 0; tries < 6; tries++)
      statuses.push((await logIn(site.browser(), { ...BERT, email })).status)
  }
  assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429])
})

test('sign-ups that succeed count too', async (t) => {
  const site = await startAccounts(t, { store: await storeAfterSignUps(99) })
  assert.equal((await site.browser().post('/signup', ANNA)).status, 201)
  assert.equal((await site.browser().post('/signup', BERT)).status, 429)
})

/** A store in which one network has signed up so often, without the work of it. */
async function storeAfterSignUps(count: number): Promise<Store> {
  const store = memoryStore()
  const throttle = new Throttle(new Counters({ records: createRecords({ store }), emit: () => {} }))
  const bucket = bucketOf(LIMITS.signUp, addressPrefix('127.0.0.1'))
  for (let signUps = 0; signUps < count; signUps++) await throttle.take([bucket])
  return store
}

test('clients are told apart by what Express takes for their address (R-07)', async (t) => {
  const site = await startAccounts(t, { addRoutes: (app) => void app.set('trust proxy', 1) })
  await site.member()
  const from = (address: string) =>
    site.browser().post('/login', WRONG, { 'x-forwarded-for': `10.9.8.7, ${address}` })
  for (let tries = 0; tries < 10; tries++) await from(`2001:db8:1:2::${tries}`)
  assert.equal((await from('2001:db8:1:2::ffff')).status, 429)
  site.clock.advance(1_000)
  assert.equal((await from('203.0.113.7')).status, 401)
})
