import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { eventually, PrivateRedis } from '../../../packages/latchstring/test/redis-support.ts'
import { createDatabase, describeWith } from '../../../packages/latchstring/test/servers.ts'
import { KINDS } from '../../../scripts/servers/kinds.ts'
import { provideServers } from '../../../scripts/servers.ts'
import { type Environment, readSettings } from './settings.ts'
import { openStores } from './stores.ts'
import { ANNA, isLoggedIn, linkIn, mailTo, PASSWORD, startApp } from './testing/app.ts'
import { Visitor } from './testing/visitor.ts'

/** The line that the app stops with. */
async function refusalOf(environment: Environment): Promise<string> {
  const outcome = openStores(readSettings({ DATABASE_URL: 'sqlite::memory:', ...environment }))
  const error = await outcome.then(
    () => null,
    (error: unknown) => error,
  )
  assert.ok(error instanceof Error && error.name === 'SettingError', String(error))
  assert.doesNotMatch(error.message, /\n|canary|127\.0\.0\.1/)
  return error.message
}

function withUser(url: string, user: string): string {
  const changed = new URL(url)
  changed.username = user
  changed.password = 'canary'
  return changed.href
}

/** A server that nobody else uses. */
async function startServer(t: TestContext, kind: 'redis' | 'redis-cluster'): Promise<string> {
  const servers = await provideServers([kind], {})
  t.after(() => servers.stop())
  return servers.environment[KINDS[kind].variable] ?? ''
}

/** What people do with accounts and sessions, over a restart. */
async function goThrough(t: TestContext, environment: Environment): Promise<void> {
  const first = await startApp(t, environment)
  const visitor = await first.member(ANNA)
  assert.equal((await first.visitor().post('/signup', ANNA)).status, 409)
  assert.equal((await visitor.get('/health')).status, 200)
  await first.close()

  const second = await startApp(t, environment)
  const returning = new Visitor(second.url)
  const { cookies } = visitor
  assert.equal((await returning.get('/protected', { cookie: cookies })).status, 200)
  const login = await returning.post('/login', { email: ANNA.email, password: PASSWORD })
  assert.equal(login.status, 200)
  const revoked = await returning.post('/account/sessions/revoke-others')
  assert.deepEqual(revoked.body, { revoked: 1 })
  assert.equal((await second.visitor().get('/protected', { cookie: cookies })).status, 401)
  await returning.post('/logout')
  assert.equal(await isLoggedIn(returning), false)
}

const NEW_EMAIL = 'anna.new@example.test'
const NEW_PASSWORD = 'a quite different passphrase'

/** A thief changes the address, and the owner takes the account back by the links of mails. */
async function takeBack(t: TestContext, environment: Environment): Promise<void> {
  const app = await startApp(t, environment)
  const thief = await app.member(ANNA)
  const follow = async (to: string, subject: RegExp, fields: object = {}) => {
    const { path, token } = linkIn(await mailTo(app, to, subject))
    return (await app.visitor().post(path, { token, ...fields })).status
  }
  await thief.post('/account/email', { newEmail: NEW_EMAIL })
  assert.equal(await follow(NEW_EMAIL, /^Confirm your new email/), 200)
  assert.equal(await follow(ANNA.email, /account was changed$/), 200)
  assert.equal(await isLoggedIn(thief), false)
  assert.equal(await follow(ANNA.email, /^Choose a new password/, { newPassword: NEW_PASSWORD }), 200)
  const owner = app.visitor()
  const login = await owner.post('/login', { email: ANNA.email, password: NEW_PASSWORD })
  assert.equal(login.status, 200)
  const { body } = await owner.get('/account/activity')
  const { events = [] }: { events?: { type: string }[] } = Object(body)
  const types = ['password_reset', 'email_change_undone', 'email_changed', 'email_change_requested', 'signup']
  const told = events.map(({ type }) => type).filter((type) => types.includes(type))
  assert.deepEqual(told, types)
}

/** Of many who want one thing at once exactly one gets it. */
async function race(t: TestContext, environment: Environment): Promise<void> {
  const app = await startApp(t, environment)
  const statuses = async (path: string, fieldsOf: (index: number) => object) => {
    const answers = Array.from({ length: 40 }, (_, index) => app.visitor().post(path, fieldsOf(index)))
    return (await Promise.all(answers)).map(({ status }) => status)
  }
  const spellings = ['ANNA@example.test', ANNA.email, 'Anna@EXAMPLE.test', ` ${ANNA.email} `]
  const signUps = await statuses('/signup', (index) => ({
    email: spellings[index % spellings.length],
    password: PASSWORD,
  }))
  assertOne(signUps, 201, 409)
  await app.visitor().post('/password/forgot', { email: ANNA.email })
  const { path, token } = linkIn(await mailTo(app, ANNA.email, /^Choose a new password/))
  const resets = await statuses(path, () => ({ token, newPassword: NEW_PASSWORD }))
  assertOne(resets, 200, 400)
}

/** The others are refused, or were told to come back by a busy machine. */
function assertOne(statuses: readonly number[], success: number, refusal: number): void {
  assert.equal(statuses.filter((status) => status === success).length, 1)
  const others = new Set(statuses.filter((status) => status !== success))
  assert.deepEqual(
    [...others].filter((status) => status !== refusal && status !== 503),
    [],
  )
}

suite('a server that is not there stops the start with one line that names the setting', () => {
  const NOBODY_THERE = 'user:canary@127.0.0.1:1'
  for (const [environment, line] of [
    [
      { DATABASE_URL: `postgres://${NOBODY_THERE}/app` },
      'DATABASE_URL names a PostgreSQL database that cannot be used: ECONNREFUSED',
    ],
    [
      { DATABASE_URL: `mysql://${NOBODY_THERE}/app` },
      'DATABASE_URL names a MySQL or MariaDB database that cannot be used: ECONNREFUSED',
    ],
    [
      { SESSION_STORE_URL: `postgres://${NOBODY_THERE}/app` },
      'SESSION_STORE_URL names a PostgreSQL database that cannot be used: ECONNREFUSED',
    ],
    [
      { SESSION_STORE_URL: `redis://${NOBODY_THERE}` },
      'SESSION_STORE_URL names a Redis server that cannot be used: ECONNREFUSED',
    ],
    [
      { SESSION_STORE_URL: `redis://${NOBODY_THERE},redis://${NOBODY_THERE}` },
      'SESSION_STORE_URL names a Redis server that cannot be used: All the root nodes are unavailable',
    ],
  ] as const) {
    test(line, async () => assert.equal(await refusalOf(environment), line))
  }
})

for (const [kind, title] of [
  ['postgres', 'PostgreSQL'],
  ['mysql', 'MariaDB'],
] as const) {
  describeWith(kind, `the app on ${title}`, (server) => {
    test('makes its tables in an empty database, and keeps accounts and sessions there', async (t) => {
      const { url, drop } = await createDatabase(kind)
      t.after(drop)
      await goThrough(t, { DATABASE_URL: url })
    })

    test('takes an account back by the links of mails, and gives one thing to one of many (E-02, E-05, E-08)', async (t) => {
      const databases = [await createDatabase(kind), await createDatabase(kind)]
      t.after(() => Promise.all(databases.map(({ drop }) => drop())))
      const [one, other] = databases.map(({ url }) => ({ DATABASE_URL: url }))
      await takeBack(t, one ?? {})
      await race(t, other ?? {})
    })

    test('may keep only its sessions there', async (t) => {
      const { url, drop } = await createDatabase(kind)
      t.after(drop)
      const app = await startApp(t, { SESSION_STORE_URL: url })
      assert.equal(await isLoggedIn(await app.member(ANNA)), true)
      await app.close()
    })

    test('stops with one line if it is not let in, or the database is missing', async () => {
      const stranger = await refusalOf({ DATABASE_URL: withUser(server, 'nobody_known') })
      assert.match(
        stranger,
        /^DATABASE_URL names a .+ that cannot be used: (28000|28P01|ER_ACCESS_DENIED_ERROR)$/,
      )
      const missing = new URL(server)
      missing.pathname = '/canary'
      const line = await refusalOf({ DATABASE_URL: missing.href })
      assert.match(line, /^DATABASE_URL names a .+ that cannot be used: (3D000|ER_BAD_DB_ERROR)$/)
    })
  })
}

for (const kind of ['redis', 'redis-cluster'] as const) {
  describeWith(kind, `the app with sessions in a ${kind}`, (server) => {
    test('logs in, revokes and logs out', async (t) => {
      const app = await startApp(t, { SESSION_STORE_URL: server })
      const visitor = await app.member(ANNA)
      const other = app.visitor()
      assert.equal((await other.post('/login', { email: ANNA.email, password: PASSWORD })).status, 200)
      assert.equal((await visitor.post('/account/sessions/revoke-others')).status, 200)
      assert.deepEqual([await isLoggedIn(visitor), await isLoggedIn(other)], [true, false])
      assert.equal((await visitor.get('/health')).status, 200)
      await visitor.post('/logout')
      assert.equal(await isLoggedIn(visitor), false)
    })

    test('takes an account back by the links of mails, and gives one thing to one of many (E-02, E-08)', async (t) => {
      // Other applications have users of the same ids, and tries from the same address.
      await takeBack(t, { SESSION_STORE_URL: await startServer(t, kind) })
      await race(t, { SESSION_STORE_URL: await startServer(t, kind) })
    })

    test('stops with one line if it is not let in', async () => {
      const urls = server.split(',').map((url) => withUser(url, 'nobody_known'))
      const line = await refusalOf({ SESSION_STORE_URL: urls.join() })
      assert.match(
        line,
        /^SESSION_STORE_URL names a Redis server that cannot be used: (WRONGPASS|All the root)/,
      )
    })
  })
}

describeWith('redis', 'the app whose Redis goes away', () => {
  test('says so, and serves again once it is back', async (t) => {
    const redis = await PrivateRedis.start(t)
    const app = await startApp(t, { SESSION_STORE_URL: redis.url })
    const health = async () => (await app.visitor().get('/health')).status
    assert.equal(await health(), 200)
    await redis.kill()
    await eventually(async () => assert.equal(await health(), 503))
    await redis.restart()
    await eventually(async () => assert.equal(await health(), 200))
    assert.equal(await isLoggedIn(await app.member(ANNA)), true)
  })
})
