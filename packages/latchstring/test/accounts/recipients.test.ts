import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json } from '../http/client.ts'
import { ANNA, BERT, codeOf, PAGE, startAccounts } from './site.ts'

const HOUR = 60 * 60_000

/** Has letters that other letters are taken for: k and s, i, and ss. */
const KISS = { email: 'kiss.anna@example.test', username: 'kiss', password: ANNA.password }

/** Spellings of the address that an account has: all of them mean it, and none of them is written to. */
const SAME: readonly string[] = [
  ...[
    'KISS.ANNA@EXAMPLE.TEST',
    ' kiss.anna@example.test',
    'kiss.anna@example.test\t',
    'Kiss.Anna@Example.Test',
  ],
  ...['kiss.anna@\uff45xample.test', 'kiss.anna@example\u3002test', 'kiss.anna@\u24d4xample.test'],
]

/** Look-alikes of it, and ways to write to somebody else as well. */
const OTHERS: readonly string[] = [
  ...[
    '\u212aiss.anna@example.test',
    'ki\u017fs.anna@example.test',
    'ki\u00df.anna@example.test',
    'k\u0131ss.anna@example.test',
  ],
  ...[
    'k\u0130ss.anna@example.test',
    '\uff4biss.anna@example.test',
    'k\u0456ss.anna@example.test',
    'kiss.anna@ex\u0430mple.test',
  ],
  ...[
    'kiss.anna\uff20example.test',
    'kiss.anna\ufe6bexample.test',
    'kiss.anna@example.test@evil.example',
    'kiss.anna@@example.test',
  ],
  ...[
    'kiss.anna@example.test,evil@evil.example',
    'evil@evil.example, kiss.anna@example.test',
    'kiss.anna@example.test;evil@evil.example',
  ],
  ...[
    'kiss.anna@example.test evil@evil.example',
    'kiss.anna@example.test\nevil@evil.example',
    '<kiss.anna@example.test>',
  ],
  ...[
    'Anna <kiss.anna@example.test>',
    '"kiss.anna"@example.test',
    '"kiss.anna@example.test> "@evil.example',
    'kiss.anna(x)@example.test',
  ],
  ...[
    'kiss.anna@example.test\r\nBcc: evil@evil.example',
    'kiss.anna@example.test%0d%0aBcc: evil@evil.example',
    'kiss.anna@example.test\0@evil.example',
  ],
  ...[
    'kiss.anna@example.test\u0000',
    'kiss.anna\u200b@example.test',
    'kiss.anna\u00ad@example.test',
    '\u202ekiss.anna@example.test',
  ],
  ...[
    'kiss.anna@[127.0.0.1]',
    'kiss.anna@127.0.0.1',
    'kiss.anna@localhost',
    'kiss.anna@example.test.',
    'kiss.anna@.example.test',
  ],
  ...[
    '-kiss.anna@example.test',
    '@example.test',
    'kiss.anna@',
    '@',
    '',
    'mailto:kiss.anna@example.test',
    'kiss.anna@example.test?cc=evil@evil.example',
  ],
  ...[
    `${'k'.repeat(65)}@example.test`,
    `kiss.anna@${'e'.repeat(250)}.test`,
    'kiss.anna\\@example.test',
    'kiss.anna@exam ple.test',
  ],
]

test('a forgotten password is mailed to the stored address and to no other (E-05, T65)', async (t) => {
  const site = await startAccounts(t)
  await site.member(KISS)
  for (const [emails, count] of [
    [SAME, 1],
    [OTHERS, 0],
  ] as const) {
    for (const email of emails) {
      const before = (await site.mails()).length
      site.clock.advance(HOUR)
      const { status } = await site.browser().post('/password/forgot', { email })
      assert.equal(status, 202)
      const sent = (await site.mails()).slice(before)
      assert.deepEqual(
        sent.map(({ to }) => to),
        Array.from({ length: count }, () => KISS.email),
        JSON.stringify(email),
      )
    }
  }
})

test('an account is found by no look-alike of its address, and there is no second one by another spelling (E-05, T65)', async (t) => {
  const site = await startAccounts(t)
  await site.member(KISS)
  for (const email of SAME) {
    const refused = await site.browser().post('/signup', { email, password: ANNA.password })
    assert.deepEqual([refused.status, codeOf(refused)], [409, 'email_taken'], JSON.stringify(email))
  }
})

/** Those of the others that are addresses of somebody else, and no accident. */
const SOMEBODY_ELSES: readonly string[] = ['kiss.anna@ex\u0430mple.test']

for (const path of ['/signup', '/account/email']) {
  test(`POST ${path} takes one address in plain letters, or none at all (E-05, T65)`, async (t) => {
    const site = await startAccounts(t)
    const bert = await site.member(BERT)
    const before = (await site.mails()).length
    for (const email of OTHERS.filter((other) => !SOMEBODY_ELSES.includes(other))) {
      const fields = path === '/signup' ? { email, password: ANNA.password } : { newEmail: email }
      const refused = await (path === '/signup' ? site.browser() : bert).post(path, fields)
      assert.deepEqual([refused.status, codeOf(refused)], [400, 'invalid_email'], JSON.stringify(email))
    }
    assert.equal((await site.mails()).length, before)
  })
}

test('an address in other letters is another address, and is written to in ASCII (E-05, T65)', async (t) => {
  const site = await startAccounts(t)
  await site.member(KISS)
  for (const email of SOMEBODY_ELSES) {
    assert.equal((await site.browser().post('/signup', { email, password: ANNA.password })).status, 201)
    const to = (await site.mails()).at(-1)?.to ?? ''
    assert.match(to, /^kiss\.anna@xn--[a-z0-9-]+\.test$/)
  }
})

const MARKUP: readonly string[] = [
  '"><a href=https://evil.example>anna</a>',
  '<img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title><script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '<!--',
  ']]>',
  '{{constructor.constructor("alert(1)")()}}',
]
const BROKEN: readonly string[] = [
  'anna\r\nBcc: evil@evil.example',
  'anna\nSubject: x',
  'anna\0',
  '\x1b[2J',
  '\u0085',
]

test('a username is letters and digits, so that no mail and no page can be written with it (E-11, T70)', async (t) => {
  const site = await startAccounts(t)
  for (const username of [...MARKUP, ...BROKEN, 'anna@example.test', '\u0430nna', 'an na', '-anna']) {
    const refused = await site.browser().post('/signup', { ...ANNA, username })
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'invalid_username'], JSON.stringify(username))
    assert.doesNotMatch(refused.body, /evil|alert/)
  }
  assert.deepEqual(await site.mails(), [])
})

test('a refused form shows what was typed as a text (E-11, T70)', async (t) => {
  const site = await startAccounts(t)
  for (const text of [...MARKUP, ...BROKEN]) {
    for (const [path, names] of [
      ['/signup', ['email', 'username']],
      ['/login', ['email']],
      ['/password/reset', ['token']],
    ] as const) {
      const form = Object.fromEntries([...names.map((name) => [name, text]), ['newPassword', 'short']])
      const { status, body } = await site.browser().send(path, { method: 'POST', headers: PAGE, form })
      assert.ok(status >= 400 && status < 500)
      assert.ok(!body.includes(text) || !/[<>"']/.test(text), path)
    }
  }
})

test('the name of a device is a text wherever it is shown (E-11, T70)', async (t) => {
  const site = await startAccounts(t)
  const anna = await site.member()
  const [{ id } = { id: '' }] = await site.auth.sessions.list((await site.user()).id)
  for (const name of MARKUP) {
    assert.equal((await anna.post(`/account/sessions/${id}/name`, { name })).status, 200)
    const listed = await anna.get('/account/sessions')
    assert.match(listed.headers['content-type'] ?? '', /^application\/json; charset=utf-8$/)
    const { sessions }: { sessions: { device: string }[] } = Object(json(listed))
    assert.equal(sessions[0]?.device, name)
    for (const path of ['/account/sessions', '/account/activity', '/account'])
      assert.ok(!(await anna.get(path, PAGE)).body.includes(name), name)
  }
  for (const name of BROKEN)
    assert.equal(
      (await anna.post(`/account/sessions/${id}/name`, { name })).status,
      400,
      JSON.stringify(name),
    )
  await site.browser().post('/login', ANNA)
  for (const { text } of await site.mails()) assert.doesNotMatch(text, /evil|alert|constructor/)
})
