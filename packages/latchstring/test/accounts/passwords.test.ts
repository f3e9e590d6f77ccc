import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryUsers } from 'latchstring/users/memory'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, json } from '../http/client.ts'
import { ANNA, BERT, codeOf, isLoggedIn, logIn, startAccounts } from './site.ts'

/** Characters that follow each other in Unicode. From 0x10000 on each takes two units of UTF-16 and four bytes of UTF-8. */
function lettersFrom(first: number, count: number): string {
  return String.fromCodePoint(...Array.from({ length: count }, (_, index) => first + index))
}

const TAKEN: Readonly<Record<string, string>> = {
  '15 letters': 'fifteen letters',
  '15 faces': lettersFrom(0x1f600, 15),
  '64 characters': 'a walk of sixty-four characters, which is what NIST wants at lea',
  '1024 characters': 'all of these words again '.repeat(50).slice(0, 1_024),
  '1024 characters of four bytes each': lettersFrom(0x20000, 1_024),
  'a NUL in the middle': 'before the zero\0after the zero',
  'spaces around it': '  a passphrase with spaces around it  ',
  'a listed word in it': 'my password is a horse, what is yours',
  'the own name in it': 'anna has a passphrase for this',
}

test('a password is taken that is long enough, however it is made up (P-01, P-02, P-04, T53, T56)', async (t) => {
  const site = await startAccounts(t)
  for (const [index, [name, password]] of Object.entries(TAKEN).entries()) {
    const person = { email: `person${index}@example.test`, password }
    const { status, body } = await site.browser().post('/signup', person)
    assert.equal(status, 201, `${name}: ${body}`)
    assert.equal((await logIn(site.browser(), person)).status, 200, name)
  }
})

const REFUSED: Readonly<Record<string, readonly [reason: string, password: string]>> = {
  '14 letters': ['too_short', 'fourteen chars'],
  '14 faces, which are 28 units': ['too_short', lettersFrom(0x1f600, 14)],
  '14 characters that are typed as 15': ['too_short', 'thirteen and e\u0301'],
  '1025 characters': ['too_long', 'all of these words again '.repeat(50).slice(0, 1_025)],
  '4097 bytes': ['too_long', `${lettersFrom(0x20000, 1_023)}12345`],
  'a common one': ['common', 'passwordpassword'],
  'the name of the application': ['own_name', 'Acme Rockets Ltd'],
  'the own address': ['own_name', 'ANNA.the.great.of.Example@example.test'],
  'the local part of the own address': ['own_name', 'anna.the.great.of.example'],
  'the own username': ['own_name', 'AnnaTheGreatOfExample'],
}

test('a password is refused with the reason, and nobody has an account then (P-01, P-02, P-06, T53, T56)', async (t) => {
  const site = await startAccounts(t, { account: { appName: 'Acme Rockets Ltd' } })
  const person = { email: 'anna.the.great.of.example@example.test', username: 'annathegreatofexample' }
  for (const [name, [reason, password]] of Object.entries(REFUSED)) {
    const reply = await site.browser().post('/signup', { ...person, password })
    const { code, reason: given, message }: Record<string, unknown> = Object(json(reply))
    assert.deepEqual([reply.status, code, given], [400, 'weak_password', reason], name)
    assert.ok(typeof message === 'string' && message.length > 10)
  }
  assert.equal(await site.users.findByEmail(person.email), null)
})

test('half a character is no text, in JSON as in a form (P-05, T53)', async (t) => {
  const site = await startAccounts(t)
  const halfJson = `{"email":"${ANNA.email}","password":"a long passphrase \\ud83d"}`
  const halfForm = `email=anna%40example.test&password=a+long+passphrase+%ED%A0%BD`
  for (const [body, type] of [
    [halfJson, 'application/json'],
    [halfForm, 'application/x-www-form-urlencoded'],
  ] as const) {
    const headers = { 'content-type': type }
    const reply = await site.browser().send('/signup', { method: 'POST', json: body, headers })
    assert.deepEqual([reply.status, codeOf(reply)], [400, 'invalid_body'])
  }
})

test('a password that is too long for anybody is wrong, for an account as for none (P-02, R-01, T53)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  const replies = []
  for (const email of [ANNA.email, 'nobody@example.test']) {
    const { status, body } = await logIn(site.browser(), { email, password: 'x'.repeat(4_097) })
    replies.push({ status, body })
  }
  assert.deepEqual(replies[0], replies[1])
  assert.equal(replies[0]?.status, 401)
})

const LONG = `${'a sentence that is longer than bcrypt can see, '.repeat(2)}\0and goes on after a zero`

const ALMOST: Readonly<Record<string, (password: string) => string>> = {
  'from the 73rd byte on': (password) => `${password.slice(0, 72)}X${password.slice(73)}`,
  'after the NUL': (password) => password.replace('and goes', 'or goes'),
  'by ending at the NUL': (password) => password.slice(0, password.indexOf('\0')),
  'in the case of a letter': (password) => password.replace('a sentence', 'A sentence'),
  'by a space at its end': (password) => `${password} `,
  'by a space before it': (password) => ` ${password}`,
}

test('a password is compared as a whole: no difference is too far back or too small (P-04, T54)', async (t) => {
  const site = await startAccounts(t)
  await site.member({ ...ANNA, password: LONG })
  for (const [name, change] of Object.entries(ALMOST)) {
    assert.equal((await logIn(site.browser(), { ...ANNA, password: change(LONG) })).status, 401, name)
  }
  assert.equal((await logIn(site.browser(), { ...ANNA, password: LONG })).status, 200)
})

test('a password is the same however its accents are typed, and a ligature is another letter (P-05, T55)', async (t) => {
  const site = await startAccounts(t)
  const composed = 'un caf\u00e9 au lait, fi donc'
  await site.member({ ...ANNA, password: composed })
  const statusWith = async (password: string) => (await logIn(site.browser(), { ...ANNA, password })).status
  assert.equal(await statusWith(composed.normalize('NFD')), 200)
  assert.equal(await statusWith(composed.replace('fi', '\ufb01')), 401)
  assert.equal(await statusWith(composed), 200)
})

test('a service that knows breached passwords is asked, and its silence keeps nobody out (P-06, T56)', async (t) => {
  const failures: unknown[] = []
  const site = await startAccounts(t, {
    account: {
      passwords: {
        breached: async (password) => {
          if (password.startsWith('breached')) return true
          throw new Error('the service is down')
        },
        onBreachCheckFailed: (error) => failures.push(error),
      },
    },
  })
  const refused = await site.browser().post('/signup', { ...ANNA, password: 'breached and sold twice' })
  const { reason }: Record<string, unknown> = Object(json(refused))
  assert.deepEqual([refused.status, reason], [400, 'breached'])
  assert.equal((await site.browser().post('/signup', ANNA)).status, 201)
  assert.equal(failures.length, 1)
})

const [OLD_KEY, NEW_KEY] = [
  'an old key of thirty-two bytes, or more',
  'a new key of thirty-two bytes, or more',
]

test('a key is exchanged without a log-out, and then only those are asked for a new password who stayed away (P-07, P-08, T93)', async (t) => {
  const [users, store] = [memoryUsers(), memoryStore()]
  const startWith = (...keys: string[]) =>
    startAccounts(t, { store, account: { users, passwords: { keys } } })
  const before = await startWith(OLD_KEY)
  const [anna, bert] = [await before.member(), await before.member(BERT)]
  const during = await startWith(NEW_KEY, OLD_KEY)
  assert.equal((await logIn(during.browser())).status, 200)

  const after = await startWith(NEW_KEY)
  for (const { jar } of [anna, bert]) assert.equal(await isLoggedIn(new Browser(after.origin, jar)), true)
  assert.deepEqual(
    [(await logIn(after.browser())).status, (await logIn(after.browser(), BERT)).status],
    [200, 401],
  )
  await after.browser().post('/password/forgot', { email: BERT.email })
  const reset = { token: await after.mailedToken(BERT.email), newPassword: 'a quite different passphrase' }
  assert.equal((await after.browser().post('/password/reset', reset)).status, 200)
  assert.equal((await logIn(after.browser(), { ...BERT, password: reset.newPassword })).status, 200)
})
