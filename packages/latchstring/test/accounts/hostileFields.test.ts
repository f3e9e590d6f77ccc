import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { sqliteUsers } from 'latchstring/users/sqlite'
import { ROUTES } from '../../src/routes/table.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { Reply } from '../http/client.ts'
import { watchFailures } from '../response-support.ts'
import {
  type AttackedSite,
  type Fields,
  maskRandom,
  POST_PATHS,
  preparePost,
  startAttacked,
} from './posts.ts'
import { ANNA, BERT, PAGE } from './site.ts'

/** What would be worth sending if a handler took its fields for a user, a session or an option. */
const CLAIMS = {
  userId: 2,
  user_id: 2,
  id: 2,
  sub: '2',
  user: { id: 2, email: BERT.email },
  role: 'admin',
  roles: ['admin'],
  isAdmin: true,
  emailVerified: true,
  emailVerifiedAt: 1,
  email_verified_at: 1,
  disabledAt: 1,
  credentialVersion: 99,
  passwordHash: '$argon2id$mine',
  methods: ['code'],
  sessionId: 'mine',
  returnTo: 'https://evil.example/',
  deviceToken: 'mine',
  now: 1,
}

const CLAIMING_QUERY =
  '?userId=2&role=admin&emailVerified=true&__proto__[admin]=1&constructor[prototype][admin]=1'

interface Result {
  readonly status: number
  readonly body: string
  readonly state: string
}

/** Sends a request on a site of its own, and tells all that came of it. */
async function outcomeOf(
  t: TestContext,
  path: string,
  { claims = {}, query = '' }: { claims?: object; query?: string } = {},
): Promise<Result> {
  const site = await startAttacked(t, path)
  await addBert(site)
  const { browser, path: sentPath, fields } = await preparePost(site, path)
  const { status, body } = await browser.post(sentPath + query, { ...claims, ...fields })
  return { status, body: maskRandom(body), state: await site.state() }
}

/** Whom the claims are about. */
async function addBert({ users, clock }: AttackedSite): Promise<void> {
  const { email, username } = BERT
  const identifiers = { email: { text: email, key: email }, username: { text: username, key: username } }
  await users.create({ ...identifiers, passwordHash: null, createdAt: clock() })
}

for (const path of POST_PATHS) {
  test(`POST ${path} takes nobody’s word for who they are and what they may (F-07, T49)`, async (t) => {
    const usual = await outcomeOf(t, path)
    const claiming = await outcomeOf(t, path, { claims: CLAIMS, query: CLAIMING_QUERY })
    assert.deepEqual(claiming, usual)
    assert.equal('admin' in {}, false)
  })
}

test('no form and no query reaches the prototype of anything (F-07, T49)', async (t) => {
  const before = Object.getOwnPropertyNames(Object.prototype)
  const site = await startAttacked(t, '/login')
  const names = [
    '__proto__',
    '__proto__[admin]',
    'constructor',
    'constructor[prototype][admin]',
    'a[__proto__][b]',
  ]
  for (const name of names) {
    const query = new URLSearchParams({ [name]: '1' }).toString()
    for (const [path, routes] of Object.entries(ROUTES)) {
      const method = routes.POST === undefined ? 'GET' : 'POST'
      const { status } = await site.anna.send(`${path}?${query}`, { method, form: { [name]: '1' } })
      assert.ok(status < 500, `${method} ${path} ${name}: ${status}`)
    }
  }
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before)
  assert.equal(JSON.stringify({}), '{}')
})

const MARK = 'x-injected'

const INJECTIONS: readonly string[] = [
  "' OR '1'='1",
  "anna@example.test' --",
  "'; DROP TABLE latchstring_users; --",
  '" OR ""="',
  "1' UNION SELECT password_hash FROM latchstring_users --",
  "\\'; DROP TABLE latchstring_sessions; --",
  '*2\r\n$3\r\nDEL\r\n$11\r\nlatchstring\r\n',
  `anna@example.test\r\n${MARK}: 1\r\n\r\n<html>`,
  `anna@example.test%0d%0a${MARK}: 1`,
  `\u010d\u010a${MARK}: 1`,
  'anna@example.test\0@evil.example',
  '\0',
  '{{7*7}}',
  `\${7*7}`,
  '<%= 7*7 %>',
  '#{7*7}',
  '{{constructor.constructor("return process")()}}',
  '*)(uid=*))(|(uid=*',
  '$(id)',
  '`id`',
  '| id',
  '../../../../etc/passwd',
  'file:///etc/passwd',
  '%s%s%n',
  '\u202eanna\u202c',
  '\x1b[2J\x1b]0;mine\x07',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  `${'a'.repeat(8_000)}@example.test`,
]

interface SqlSite extends AttackedSite {
  readonly database: DatabaseSync
}

async function startOnSql(t: TestContext, path: string): Promise<SqlSite> {
  const database = new DatabaseSync(':memory:')
  t.after(() => database.close())
  const account = { users: sqliteUsers(database) }
  const site = await startAttacked(t, path, { store: sqliteStore(database), account })
  return { ...site, database }
}

function textNames(fields: Fields): string[] {
  return Object.keys(fields).filter((name) => typeof fields[name] === 'string')
}

/** An answer of ours, in which nothing of the text is to be seen, nor what it would come to. */
function isInert({ status, headers, body }: Reply, text: string): boolean {
  const shown = JSON.stringify([headers, body])
  const isEchoed = text.length > 3 && shown.includes(JSON.stringify(text).slice(1, -1))
  const isReckoned = text.includes('7*7') && body.includes('49')
  return status < 500 && headers[MARK] === undefined && !isEchoed && !isReckoned
}

for (const path of POST_PATHS) {
  test(`POST ${path} takes a text for nothing but a text (F-03, F-08, T51)`, async (t) => {
    const failures = watchFailures(t)
    const site = await startOnSql(t, path)
    const { browser, fields, path: sentPath } = await preparePost(site, path)
    for (const name of textNames(fields)) {
      for (const text of INJECTIONS) {
        const reply = await browser.post(sentPath, { ...fields, [name]: text })
        assert.ok(isInert(reply, text), `${name}: ${JSON.stringify(text)}: ${reply.status} ${reply.body}`)
      }
    }
    await site.auth.settled()
    const users = site.database.prepare('SELECT email, username FROM latchstring_users WHERE id = 1').all()
    assert.deepEqual(users.map(Object.entries), [
      Object.entries({ email: ANNA.email, username: ANNA.username }),
    ])
    assert.deepEqual(failures, [])
  })
}

test('an id in a path is an id and nothing else (F-08, T51)', async (t) => {
  const site = await startOnSql(t, '/logout')
  for (const text of INJECTIONS) {
    const id = encodeURIComponent(text)
    for (const action of ['revoke', 'name']) {
      const { status } = await site.anna.post(`/account/sessions/${id}/${action}`, { name: 'x' })
      assert.equal(status, 404, text)
    }
  }
})

test('a token page shows whatever it is given as a text (F-03, T51)', async (t) => {
  const site = await startOnSql(t, '/logout')
  const paths = ['/password/reset', '/email/verify', '/email/confirm', '/email/undo', '/account/not-me']
  for (const path of paths) {
    for (const text of INJECTIONS) {
      const reply = await site.browser().get(`${path}?token=${encodeURIComponent(text)}`, PAGE)
      assert.equal(reply.status, 200)
      assert.equal(reply.headers[MARK], undefined)
      assert.doesNotMatch(reply.body, /<script|<img|<html>\s*$/)
      assert.match(reply.body, /<input type="hidden" name="token" value="[^"<>]*">/)
    }
  }
})
